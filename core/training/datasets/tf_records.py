"""TensorFlow's record files and the `tf.train.Example` messages in them, read without TensorFlow.

A record is: length (u64), masked CRC-32C of the length, payload, masked CRC-32C of the payload; all little-endian.
An Example is a protocol buffer: a map from name to a list of bytes, floats or integers.
Source: the TFRecord format and feature.proto of TensorFlow's documentation; RFC 3720 for CRC-32C.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3

Feature = list[bytes] | NDArray[np.float32] | NDArray[np.int64]


def read_records(path: Path, *, check_payloads: bool = False) -> Iterator[bytes]:
    """Give the payload of each record.

    Args:
        path: a .tfrecord file.
        check_payloads: compare each payload with its checksum too (slow); lengths are always checked.
    Raises:
        MotionDataError: missing, no record file, cut off, or a checksum that does not fit.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise MotionDataError(f"The file {path} cannot be read ({error.strerror}).") from error
    with stream:
        number = 0
        while header := stream.read(12):
            cut_off = f"{path} is cut off in record {number}; the download may not be complete."
            if len(header) < 12:
                raise MotionDataError(cut_off)
            length, length_crc = struct.unpack("<QI", header)
            if masked_crc32c(header[:8]) != length_crc:
                raise MotionDataError(f"{path} is no TFRecord file, or it is damaged at record {number}.")
            payload, footer = stream.read(length), stream.read(4)
            if len(payload) < length or len(footer) < 4:
                raise MotionDataError(cut_off)
            if check_payloads and masked_crc32c(payload) != struct.unpack("<I", footer)[0]:
                raise MotionDataError(f"{path} is damaged in record {number}: its checksum does not fit.")
            yield payload
            number += 1
        if not number:
            raise MotionDataError(f"{path} is empty; the download may not be complete.")


def parse_example(payload: bytes) -> dict[str, Feature]:
    """Return the features of one Example by name.

    Raises:
        ValueError: not an Example.
    """
    features: dict[str, Feature] = {}
    for field, value in _fields(memoryview(payload)):
        if field != 1:
            continue
        for entry_field, entry in _fields(_as_view(value)):
            if entry_field == 1:
                name, feature = _map_entry(_as_view(entry))
                features[name] = feature
    return features


def masked_crc32c(data: bytes) -> int:
    """Return the checksum that record files hold."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


_CRC_TABLE: Final = _crc_table()


def _map_entry(entry: memoryview) -> tuple[str, Feature]:
    name, feature = "", memoryview(b"")
    for field, value in _fields(entry):
        if field == 1:
            name = bytes(_as_view(value)).decode("utf-8")
        elif field == 2:
            feature = _as_view(value)
    return name, _feature(feature)


def _feature(message: memoryview) -> Feature:
    for kind, value in _fields(message):
        items = list(_fields(_as_view(value)))
        if kind == _BYTES_LIST:
            return [bytes(_as_view(item)) for field, item in items if field == 1]
        if kind == _FLOAT_LIST:
            return np.frombuffer(b"".join(_as_view(item) for field, item in items if field == 1), "<f4")
        if kind == _INT64_LIST:
            numbers: list[int] = []
            for field, item in items:
                if field == 1:
                    numbers += [item] if isinstance(item, int) else _varints(item)
            return np.array(numbers, np.uint64).astype(np.int64)
    return []


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Give (field number, value) of a message: an integer, or the bytes of anything else."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        field, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            number, position = _varint(message, position)
            yield field, number
            continue
        if wire_type == _BYTES:
            length, position = _varint(message, position)
        else:
            length = {_FIXED_64: 8, _FIXED_32: 4}.get(wire_type, -1)
        if length < 0 or position + length > len(message):
            raise ValueError("not a protocol buffer message")
        yield field, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return an integer and the position after it."""
    result = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, position
    raise ValueError("not a protocol buffer message")


def _varints(packed: memoryview) -> list[int]:
    numbers, position = [], 0
    while position < len(packed):
        number, position = _varint(packed, position)
        numbers.append(number)
    return numbers


def _as_view(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("not an Example message")
    return value
