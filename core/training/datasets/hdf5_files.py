"""HDF5 files (MATLAB 7.3 and VIBE's InstaVariety database), through the optional package h5py."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError


def read_hdf5(path: Path, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Return the named arrays of a file.

    Raises:
        MotionDataError: missing, damaged, cut off, without one of the arrays, or h5py is not installed.
    """
    try:
        import h5py
    except ImportError:
        raise MotionDataError(
            f"{path} is an HDF5 file, for which the package h5py is needed.", "Install the extra `data`."
        ) from None
    if not path.is_file():
        raise MotionDataError(f"The file {path} does not exist.")
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in names if name not in file]
            if missing:
                raise MotionDataError(f"{path} lacks {', '.join(missing)}, which were expected there.")
            return {name: np.asarray(file[name]) for name in names}
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise MotionDataError(
            f"{path} is damaged, cut off or no HDF5 file; the archive may not be downloaded completely.",
            "Download it again.",
        ) from error
