"""Dumps of the joblib package: a pickle with each array's bytes between its opcodes, read without running anything.

VIBE's databases are such dumps, whatever their `.pt` suffix says.
"""

import bz2
import gzip
import io
import lzma
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final

from ..errors import MotionDataError, reason_of
from .numpy_pickle import array_from, find_allowed, read_safely

_ARRAY_CLASS: Final = ("joblib.numpy_pickle", "NumpyArrayWrapper")


class _DumpedArray:
    """What joblib's wrapper keeps of an array: shape, order, type; its bytes follow in the file."""

    def read(self, stream: BinaryIO) -> Any:
        """Return the array whose bytes come next in the stream."""
        fields = vars(self)
        dtype = fields["dtype"].resolve()
        if dtype.hasobject:
            return _JoblibUnpickler(stream).load()
        count = 1
        for size in fields["shape"]:
            count *= int(size)
        # Releases from 1.2 on pad, so that the bytes can be mapped into memory.
        if fields.get("numpy_array_alignment_bytes") is not None:
            stream.read(stream.read(1)[0])
        data = stream.read(count * dtype.itemsize)
        if len(data) < count * dtype.itemsize:
            raise EOFError(f"{count * dtype.itemsize - len(data)} bytes of an array are missing")
        return array_from(data, dtype, fields["shape"], fields["order"])


# The C unpickler reads ahead; only the one written in Python stops exactly where an array's bytes begin.
class _JoblibUnpickler(pickle._Unpickler):
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, encoding="latin1")
        self._joblib_stream = stream

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name."""
        return _DumpedArray if (module, name) == _ARRAY_CLASS else find_allowed(module, name)

    def load_build(self) -> None:
        """Fill an object with its state; an array's stand-in is then replaced by the array."""
        super().load_build()  # type: ignore[misc]
        stack: list[Any] = self.stack  # type: ignore[attr-defined]
        if isinstance(stack[-1], _DumpedArray):
            stack.append(stack.pop().read(self._joblib_stream))

    dispatch[pickle.BUILD[0]] = load_build  # type: ignore[assignment]


def load_joblib(path: Path) -> Any:
    """Return what a dump of joblib holds, compressed by zlib, gzip, bz2, lzma or xz or not at all.

    Raises:
        MotionDataError: missing, damaged, cut off, or naming anything but numpy arrays and plain values.
    """
    return read_safely(path, lambda stream: _JoblibUnpickler(_decompressed(stream, path)).load())


def _decompressed(stream: BinaryIO, path: Path) -> BinaryIO:
    start = stream.read(6)
    stream.seek(0)
    try:
        if start.startswith(b"\x1f\x8b"):
            return io.BytesIO(gzip.decompress(stream.read()))
        if start.startswith(b"BZh"):
            return io.BytesIO(bz2.decompress(stream.read()))
        if start.startswith((b"\xfd7zXZ", b"\x5d\x00")):
            return io.BytesIO(lzma.decompress(stream.read()))
        if start.startswith(b"\x78"):
            return io.BytesIO(zlib.decompress(stream.read()))
    except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise MotionDataError(f"{path} is damaged or cut off ({reason_of(error)}).", "Get the file anew.") from error
    return stream
