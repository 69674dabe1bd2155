"""Files of `torch.save` in its zip format, read without torch and without running anything that they name.

Tensors come out as numpy arrays; everything else must be plain values.
"""

import pickle
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import MotionDataError, reason_of
from .numpy_pickle import DAMAGED, ForbiddenNameError, find_allowed, resolved

STORAGE_DTYPES: Final = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
LARGEST_BYTES: Final = 4 << 30
"""Of all of an archive's parts, unpacked: a result file is far smaller."""


class _StorageType:
    """Stands for a class of torch's storages."""

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)


def load_torch_archive(path: Path) -> Any:
    """Return what a file of torch.save holds, tensors as arrays.

    Raises:
        MotionDataError: missing, damaged, no such archive, or naming anything but tensors and plain values.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.partition("/")[2]: name for name in archive.namelist()}
            if "data.pkl" not in names or "constants.pkl" in names:
                raise MotionDataError(f"{path} is a zip archive, but not a result that PyTorch saved.")
            if sum(item.file_size for item in archive.infolist()) > LARGEST_BYTES:
                raise MotionDataError(f"{path} would unpack to more than 4 GiB: it is no motion.")
            if "byteorder" in names and archive.read(names["byteorder"]).strip() != b"little":
                raise MotionDataError(f"{path} was saved by a big-endian computer, which is not supported.")
            with archive.open(names["data.pkl"]) as stream:
                return resolved(_TensorUnpickler(stream, archive, names).load())
    except ForbiddenNameError as error:
        raise MotionDataError(
            f"{path} names {error}, which plain data has no need of; nothing in it was run.", "Get the file anew."
        ) from error
    except FileNotFoundError as error:
        raise MotionDataError(f"The file {path} does not exist.") from error
    except (*DAMAGED, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise MotionDataError(f"{path} is damaged or cut off ({reason_of(error)}).", "Get the file anew.") from error


class _TensorUnpickler(pickle.Unpickler):
    def __init__(self, stream: Any, archive: zipfile.ZipFile, names: dict[str, str]) -> None:
        super().__init__(stream, encoding="latin1")
        self._archive, self._names = archive, names

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name."""
        if module == "torch._utils" and name in ("_rebuild_tensor_v2", "_rebuild_tensor"):
            return _tensor
        if module == "torch" and name in STORAGE_DTYPES:
            return _StorageType(STORAGE_DTYPES[name])
        return OrderedDict if (module, name) == ("collections", "OrderedDict") else find_allowed(module, name)

    def persistent_load(self, reference: Any) -> NDArray[Any]:
        """Return the storage that a tensor refers to, as a flat array."""
        kind, storage_type, key, *_ = reference
        if kind != "storage" or not isinstance(storage_type, _StorageType):
            raise ForbiddenNameError(f"a reference of the kind {kind!r}")
        return np.frombuffer(self._archive.read(self._names[f"data/{key}"]), storage_type.dtype)


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> NDArray[Any]:
    """Return the array of a tensor: a view of its storage, bounds checked, copied."""
    if not isinstance(storage, np.ndarray) or len(size) != len(stride) or min((offset, *size, *stride), default=0) < 0:
        raise ValueError("it holds a tensor without its numbers")
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if 0 not in size and last >= len(storage):
        raise ValueError("it holds a tensor that is larger than its numbers")
    if 0 in size:
        return np.zeros(size, storage.dtype)
    strides = tuple(step * storage.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides).copy()
