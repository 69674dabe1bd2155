"""npz files with one thing wrong: arrays of another kind, and archives that lie."""

import io
import struct
import zipfile
from random import Random

import numpy as np

from .pickles import hostile_objects

Arrays = dict[str, np.ndarray]


def pack(arrays: Arrays, is_compressed: bool = True) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if is_compressed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def change_arrays(rng: Random, arrays: Arrays) -> Arrays:
    """Return the arrays with one or two of them changed."""
    changed = dict(arrays)
    for _ in range(rng.randint(1, 2)):
        name = rng.choice(sorted(changed))
        changed[name] = rng.choice(ARRAY_CHANGES)(rng, changed[name])
        if changed[name] is None:
            del changed[name]
        if not changed:
            return dict(arrays)
    return changed


def _remove(_rng, _array):
    return None


def _other_type(rng, array):
    kind = rng.choice(("f2", "f8", "i1", "u8", "c16", "?", "U8", "S4", ">f4", "M8[s]"))
    with np.errstate(all="ignore"):
        try:
            return array.astype(kind)
        except (TypeError, ValueError):
            return np.array(3)


def _other_shape(rng, array):
    return rng.choice(
        (
            lambda: array.reshape(-1),
            lambda: array[None],
            lambda: array.reshape(-1)[:1],
            lambda: array.reshape(-1)[:0],
            lambda: np.array(7.0),
            lambda: np.zeros((0, *array.shape[1:]), array.dtype),
            lambda: np.concatenate([array.reshape(-1), array.reshape(-1)]),
            lambda: np.zeros((2, *array.shape), array.dtype),
        )
    )()


def _not_numbers(rng, array):
    if array.dtype.kind not in "fiu":
        return np.array(rng.choice(("", "nonsense", "[1, 2", "{}", "[]", "null", "1e999", "x" * 9999)))
    changed = np.array(array)
    values = (np.nan, np.inf, -np.inf, 1e30, -1e30) if array.dtype.kind == "f" else (-1, 0, 2**31 - 1, -(2**31))
    flat = changed.reshape(-1)
    if flat.size:
        with np.errstate(all="ignore"):
            wrong = np.array(rng.choice(values)).astype(array.dtype)
            flat[rng.randrange(flat.size) :: rng.choice((1, 7, 10**9))] = wrong
    return changed


def _absurd_scalar(rng, array):
    return np.array(rng.choice((0.0, -30.0, 1e-300, 1e300, np.nan, np.inf, 90000.0, "thirty", 0, 2**62)))


def _objects(rng, array):
    changed = np.empty(2, object)
    changed[:] = [rng.choice(hostile_objects()), 1]
    return changed


def _long_text(_rng, _array):
    return np.array("[" * 100_000)


ARRAY_CHANGES = (
    *(_remove, _other_type, _other_type, _other_shape, _other_shape, _not_numbers, _not_numbers, _absurd_scalar),
    *(_objects, _long_text),
)


def lying_archive(rng: Random, arrays: Arrays) -> bytes:
    """Return an npz that lies about what it holds."""
    return rng.choice(LIES)(rng, arrays)


def _bomb(rng, arrays):
    """A few kilobytes that unpack to gigabytes of zeros."""
    name = rng.choice(sorted(arrays))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other in arrays:
            if other != name:
                archive.writestr(f"{other}.npy", _npy(arrays[other]))
        count = 1 << 20
        header = _npy_header("<f4", (count * 6000,))
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            member.write(header)
            for _ in range(24):
                member.write(bytes(count))
    # The directory says how large it is unpacked: 24 GB, as the array's header does.
    return _replaced(buffer.getvalue(), struct.pack("<I", 24 * count + len(header)), b"\xf0\xff\xff\xff")


def _npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _npy_header(dtype: str, shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    return data.replace(old, new)


def _huge_header(rng, arrays):
    """An array that claims more numbers than any memory holds."""
    shape = rng.choice(((1 << 40,), (1 << 31, 1 << 31), (-1,), (2**63,), (1 << 33, 72)))
    return _with_member(arrays, rng.choice(sorted(arrays)), _npy_header("<f4", shape) + bytes(64))


def _code_header(rng, arrays):
    """numpy reads the header as a Python literal: it must stay one."""
    text = rng.choice(
        (
            b"__import__('os').mkdir('canary')",
            b"{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').mkdir('canary'),), }",
            b"(" * 9000,
            b"{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }",
        )
    )
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    return _with_member(arrays, rng.choice(sorted(arrays)), data)


def _slip(rng, arrays):
    """Members that would land outside if anything unpacked them by name."""
    name = rng.choice(
        ("../canary", "/tmp/canary", "..\\canary", "C:\\canary", "poses.npy/../../canary", "a\0b", "a" * 9000)
    )
    buffer = io.BytesIO(pack(arrays))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(f"{name}.npy", b"canary")
    return buffer.getvalue()


def _link(rng, arrays):
    buffer = io.BytesIO(pack(arrays))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("link.npy")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def _method(rng, arrays):
    """A way of packing that this Python may lack, or a password."""
    data = bytearray(pack(arrays))
    places = [place for place in range(len(data) - 4) if data[place : place + 4] == b"PK\x01\x02"]
    for place in places:
        if rng.random() < 0.5:
            data[place + 10 : place + 12] = rng.choice((1, 9, 12, 14, 97, 99, 255)).to_bytes(2, "little")
        else:
            data[place + 8] |= 1
    return bytes(data)


def _twice(rng, arrays):
    buffer = io.BytesIO(pack(arrays))
    name = rng.choice(sorted(arrays))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(f"{name}.npy", b"\x93NUMPY")
    return buffer.getvalue()


def _single_array(rng, arrays):
    return _npy(arrays[rng.choice(sorted(arrays))])


def _with_member(arrays, name, data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, array in arrays.items():
            archive.writestr(f"{other}.npy", data if other == name else _npy(array))
    return buffer.getvalue()


LIES = (_bomb, _huge_header, _huge_header, _code_header, _slip, _link, _method, _twice, _single_array)
