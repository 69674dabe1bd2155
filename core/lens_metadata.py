"""The lens's 35 mm equivalent focal length from a video's metadata, where the camera wrote it there.

Used by the pipeline. Never raises on a damaged file: no number is a normal answer.
"""

import math
import struct
from pathlib import Path
from typing import BinaryIO, Final

from .media_boxes import Box, iterate_boxes

FOCAL_LENGTH_35MM_KEYS: Final = (
    b"com.apple.quicktime.camera.focal_length.35mm_equivalent",
    b"com.apple.quicktime.camera.focallength.35mm_equivalent",
    b"com.android.camera.focal_length.35mm_equivalent",
)
MAX_BYTES: Final = 1 << 20
"""Metadata is a few hundred bytes; more than this is not read."""
SHORTEST_MM: Final = 5.0
LONGEST_MM: Final = 2000.0
CONTAINERS: Final = (b"moov", b"trak", b"udta")

_INTEGER_TYPES: Final = {21: True, 65: True, 66: True, 67: True, 22: False, 75: False, 76: False, 77: False}
"""Well-known data types of the `data` box that are whole numbers, and whether they are signed."""


def read_focal_length_35mm(path: Path) -> float | None:
    """Return the 35 mm equivalent focal length in millimetres that an mp4 or mov file states, or None.

    Note: the file's own `meta` comes before that of its tracks. Values outside 5 to 2000 mm count as not stated.
    Source: QuickTime File Format Specification, "Metadata" (boxes `keys` and `ilst`, well-known types).
    """
    try:
        length = path.stat().st_size
        with path.open("rb") as file:
            return _search(file, 0, length, depth=0)
    except (OSError, ValueError, struct.error, OverflowError):
        return None


def _search(file: BinaryIO, start: int, end: int, depth: int) -> float | None:
    boxes = [box for box in iterate_boxes(file, start, end) if box.end <= end]
    for box in boxes:
        if box.kind == b"meta" and (value := _read_meta(file, box)) is not None:
            return value
    for kind in CONTAINERS:
        for box in boxes:
            inside = box.kind == kind and depth < 3
            if inside and (value := _search(file, box.start, box.end, depth + 1)) is not None:
                return value
    return None


def _read_meta(file: BinaryIO, meta: Box) -> float | None:
    # In mov files `meta` is a plain box; in mp4 files 4 bytes of version and flags come first.
    for start in (meta.start, meta.start + 4):
        boxes = {box.kind: box for box in iterate_boxes(file, start, meta.end) if box.end <= meta.end}
        if b"keys" in boxes and b"ilst" in boxes:
            for key_index in _find_key_indices(_read(file, boxes[b"keys"])):
                value = _read_item(file, boxes[b"ilst"], key_index)
                if value is not None:
                    return value
    return None


def _find_key_indices(keys: bytes) -> list[int]:
    """1-based positions of the known keys in a `keys` box: version, count, then size + namespace + name each."""
    indices = []
    position, key_index = 8, 1
    while position + 8 <= len(keys):
        (size,) = struct.unpack_from(">I", keys, position)
        if size < 8:
            break
        if keys[position + 8 : position + size].lower() in FOCAL_LENGTH_35MM_KEYS:
            indices.append(key_index)
        position, key_index = position + size, key_index + 1
    return indices


def _read_item(file: BinaryIO, items: Box, key_index: int) -> float | None:
    for item in iterate_boxes(file, items.start, items.end):
        if item.end > items.end or struct.unpack(">I", item.kind)[0] != key_index:
            continue
        for box in iterate_boxes(file, item.start, item.end):
            if box.kind == b"data" and box.end <= item.end:
                return _parse_value(_read(file, box))
    return None


def _parse_value(data: bytes) -> float | None:
    """Number in a `data` box: well-known type, locale, then text, a big-endian float, or a whole number."""
    if len(data) < 9:
        return None
    data_type, payload = struct.unpack_from(">I", data)[0] & 0xFFFFFF, data[8:]
    if data_type == 1:
        value = float(payload.decode("utf-8", "replace").strip("\0 \t\n").removesuffix("mm"))
    elif data_type in (23, 24) and len(payload) == (4 if data_type == 23 else 8):
        value = float(struct.unpack(">f" if data_type == 23 else ">d", payload)[0])
    elif data_type in _INTEGER_TYPES and len(payload) <= 8:
        value = float(int.from_bytes(payload, "big", signed=_INTEGER_TYPES[data_type]))
    else:
        return None
    return value if math.isfinite(value) and SHORTEST_MM <= value <= LONGEST_MM else None


def _read(file: BinaryIO, box: Box) -> bytes:
    file.seek(box.start)
    return file.read(min(box.end - box.start, MAX_BYTES))
