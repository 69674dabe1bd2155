"""npz files from anywhere, read with bounds: nothing is unpickled, and what lies about itself is refused in a phrase.

Contract file: standard library and numpy only.
"""

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from .errors import reason_of

LARGEST_BYTES: Final = 2 << 30
"""Of all arrays, unpacked: an hour of motion at 60 frames a second is 0.4 GB."""

_DAMAGED: Final = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, lzma.LZMAError, struct.error, tokenize.TokenError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
"""What zipfile and numpy raise on damaged and hostile archives."""


class ArchiveError(ValueError):
    """It is no npz file, or a damaged or lying one; the text is a phrase that says why."""


def read_arrays(
    source: Path | BinaryIO, names: Collection[str] | None = None, leaves_out_objects: bool = False
) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz file.

    Args:
        source: the file.
        names: the arrays to read, those that are there; None for all.
        leaves_out_objects: pass over arrays of Python objects, which are never read; else they are an error.
    Raises:
        FileNotFoundError: there is no such file.
        ArchiveError: see there.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(item.file_size for item in archive.infolist()) > LARGEST_BYTES:
                raise ArchiveError(f"it would unpack to more than {LARGEST_BYTES >> 30} GiB")
        return _read(source, names, leaves_out_objects)
    except (FileNotFoundError, ArchiveError):
        raise
    except _DAMAGED as error:
        raise ArchiveError(reason_of(error)) from error


def _read(source: Path | BinaryIO, names: Collection[str] | None, leaves_out_objects: bool) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    with np.load(source, allow_pickle=False) as archive:
        for name in archive.files if names is None else [name for name in names if name in archive.files]:
            try:
                # A member that is no array comes as bytes.
                arrays[name] = np.asarray(archive[name])
            except ValueError as error:
                if not (leaves_out_objects and "pickle" in str(error).lower()):
                    raise
    return arrays
