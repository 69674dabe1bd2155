"""Pickles of plain Python values and numpy arrays, read without running anything that they name.

A pickle may name any function of any installed package and have it called, and numpy's own constructors trust what
they are given. So the few names that arrays need lead to stand-ins that only keep what they are told; every other
name ends the reading, and arrays are made from the stand-ins afterwards. Reads pickles of Python 2 too.
"""

import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import MotionDataError, reason_of

DAMAGED: Final = (
    ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, MemoryError, OSError,
    pickle.UnpicklingError, RecursionError, struct.error, TypeError, ValueError,
)  # fmt: skip
"""What a damaged pickle may raise on its way."""

_PLAIN_DTYPE: Final = re.compile(r"[?biufcSUO]\d*")


class ForbiddenNameError(pickle.UnpicklingError):
    """The pickle names something that data has no need of."""


class PickledDtype:
    """What a pickle says of an array's type."""

    def __init__(self, text: str | bytes = "", *_: Any) -> None:
        self._text = text if isinstance(text, str) else text.decode("latin-1")
        self._byte_order = "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take version, byte order, sub-array, names, fields, ... as numpy pickles them."""
        if any(part is not None for part in state[2:5]):
            raise ValueError("it holds a record array")
        self._byte_order = str(state[1])

    def resolve(self) -> np.dtype[Any]:
        """Return the type; only numbers, text and objects are known."""
        if not _PLAIN_DTYPE.fullmatch(self._text):
            raise ValueError(f"it holds an array of the unknown type {self._text!r}")
        if self._text.startswith("O"):
            return np.dtype(object)
        dtype = np.dtype(self._text)
        return dtype.newbyteorder("<" if self._byte_order == "<" else ">") if self._byte_order in "<>" else dtype


class PickledArray:
    """What a pickle says of an array."""

    def __init__(self, *_: Any) -> None:
        self._state: tuple[Any, ...] = ((0,), PickledDtype("f8"), False, b"")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take (version,) shape, type, whether in Fortran order, bytes or list of values, as numpy pickles them."""
        self._state = tuple(state[-4:])

    def resolve(self) -> NDArray[Any]:
        """Return the array."""
        shape, dtype, is_fortran, values = self._state
        return array_from(values, dtype.resolve(), shape, "F" if is_fortran else "C")


def array_from(values: Any, dtype: np.dtype[Any], shape: Any, order: str) -> NDArray[Any]:
    """Return an array of bytes (or latin-1 text of Python 2, or a list of objects) in the given order, writable."""
    sizes = tuple(int(size) for size in shape)
    if dtype.hasobject:
        if not isinstance(values, list):
            raise ValueError("it holds an array of objects without its objects")
        array = np.empty(len(values), object)
        for index, value in enumerate(values):
            array[index] = resolved(value)
    else:
        data = values.encode("latin-1") if isinstance(values, str) else values
        array = np.frombuffer(bytearray(data), dtype)
    return array.reshape(sizes, order="F" if order == "F" else "C")


def resolved(value: Any) -> Any:
    """Return a value with all stand-ins in it, at any depth, replaced by what they stand for."""
    if isinstance(value, PickledArray | PickledDtype):
        return value.resolve()
    if isinstance(value, dict):
        return {key: resolved(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(resolved(item) for item in value)
    return value


def find_allowed(module: str, name: str) -> Any:
    """Return the stand-in for a name.

    Raises:
        ForbiddenNameError: data has no need of the name.
    """
    try:
        return _ALLOWED[module, name]
    except KeyError:
        raise ForbiddenNameError(f"{module}.{name}") from None


def load_numpy_pickle(path: Path) -> Any:
    """Return what a pickle holds; text of Python 2 comes out as latin-1 str.

    Raises:
        MotionDataError: missing, damaged, cut off, or naming anything but numpy arrays and plain values.
    """
    return read_safely(path, lambda stream: _PlainUnpickler(stream, encoding="latin1").load())


def read_safely(path: Path, read: Callable[[BinaryIO], Any]) -> Any:
    """Return what `read` makes of a file, stand-ins resolved, its failures as one sentence that names the file."""
    try:
        with path.open("rb") as stream:
            return resolved(read(stream))
    except FileNotFoundError as error:
        raise MotionDataError(f"The file {path} does not exist.") from error
    except ForbiddenNameError as error:
        raise MotionDataError(
            f"{path} names {error}, which plain data has no need of; nothing in it was run.", "Get the file anew."
        ) from error
    except DAMAGED as error:
        raise MotionDataError(
            f"{path} is damaged, cut off or no pickle ({reason_of(error)}).", "Get the file anew."
        ) from error


def _encode_latin1(text: str, encoding: str) -> bytes:
    """Return bytes that a pickle of protocol 2 stores as text; no other codec is ever needed for that."""
    if encoding.lower().replace("-", "") not in ("latin1", "iso88591"):
        raise ForbiddenNameError(f"the codec {encoding}")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    """Return what old protocols write as a call of `bytes`."""
    return b""


def _default_dict(*_: Any) -> dict[Any, Any]:
    """Return a plain mapping for one that would make its missing entries by a function."""
    return {}


def _array_of_buffer(data: Any, dtype: PickledDtype, shape: Any, order: str, *_: Any) -> NDArray[Any]:
    return array_from(bytes(data), dtype.resolve(), shape, order)


def _scalar(dtype: PickledDtype, data: Any = b"") -> Any:
    return array_from(data, dtype.resolve(), (1,), "C")[0]


_ALLOWED: Final[dict[tuple[str, str], Any]] = {
    ("numpy", "ndarray"): PickledArray,
    ("numpy", "dtype"): PickledDtype,
    ("_codecs", "encode"): _encode_latin1,
    ("__builtin__", "bytes"): _no_bytes,
    ("collections", "OrderedDict"): dict,
    ("collections", "defaultdict"): _default_dict,
    ("builtins", "dict"): dict,
    ("__builtin__", "dict"): dict,
    **{(f"{core}.multiarray", "_reconstruct"): PickledArray for core in ("numpy.core", "numpy._core")},
    **{(f"{core}.multiarray", "scalar"): _scalar for core in ("numpy.core", "numpy._core")},
    **{(f"{core}.numeric", "_frombuffer"): _array_of_buffer for core in ("numpy.core", "numpy._core")},
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name."""
        return find_allowed(module, name)
