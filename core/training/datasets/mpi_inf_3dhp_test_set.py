"""MPI-INF-3DHP's test set: six recordings, two of them outdoors, 17 joints.

Layout: `<root>/mpi_inf_3dhp_test_set/TS{1..6}/annot_data.mat` (HDF5, MATLAB 7.3) and `imageSequence/img_000001.jpg`.
Millimetres in camera axes; `univ_annot3` is `annot3` scaled to a person of universal size, which is what Table 2's
protocol compares with. Frames without a person are marked in `valid_frame`, so rows have gaps.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from .folder_checks import require_folder, require_images
from .hdf5_files import read_hdf5
from .image_sources import ImageFiles
from .joint_names import MPI_17
from .sequence import Sequence

RECORDINGS: Final = tuple(range(1, 7))
ACTIVITIES: Final = (
    "stand or walk", "exercise", "sit on a chair", "crouch or reach", "on the floor", "sports", "other",
)  # fmt: skip
"""What the numbers from 1 in `activity_annotation` say: the order of the data set's paper, not checked on its files."""
_OUTDOOR: Final = frozenset({5, 6})
_STUDIO_SIZE: Final = (2048, 2048)
_OUTDOOR_SIZE: Final = (1920, 1080)


def read_mpi_inf_3dhp_test(
    root: Path,
    *,
    recordings: Collection[int] = RECORDINGS,
    joints: Literal["univ_annot3", "annot3"] = "univ_annot3",
    with_images: bool = True,
) -> Iterator[Sequence]:
    """Give the valid frames of each recording, in camera axes.

    Args:
        root: the folder that holds mpi_inf_3dhp_test_set, or that folder.
        recordings: which to read; all of them must be there.
        joints: universal or real size.
        with_images: whether the pictures must be there.
    Raises:
        MotionDataError: a missing folder, a damaged annotation, missing pictures, no valid frame, or h5py not
            installed.
    """
    inner = root / "mpi_inf_3dhp_test_set"
    place = inner if inner.is_dir() else root
    for recording in recordings:
        folder = require_folder(place / f"TS{recording}", "annot_data.mat and imageSequence of MPI-INF-3DHP's test set")
        yield _read_recording(folder, recording, joints, with_images=with_images)


def _read_recording(folder: Path, recording: int, joints: str, *, with_images: bool) -> Sequence:
    path = folder / "annot_data.mat"
    arrays = read_hdf5(path, ("annot2", joints, "valid_frame", "activity_annotation"))
    keypoints2d = _joints(path, "annot2", arrays["annot2"], 2)
    joints3d = _joints(path, joints, arrays[joints], 3) / 1000
    is_valid = arrays["valid_frame"].reshape(-1).astype(bool)
    activities = arrays["activity_annotation"].reshape(-1).astype(np.int64)
    if not len(keypoints2d) == len(joints3d) == len(is_valid) == len(activities):
        raise MotionDataError(f"{path}: annot2, {joints}, valid_frame and activity_annotation differ in length.")
    rows = np.flatnonzero(is_valid)
    if not len(rows):
        raise MotionDataError(f"{path} marks no frame as valid; it may be damaged.", "Download it again.")
    # Pictures count from 1.
    paths = tuple(folder / "imageSequence" / f"img_{row + 1:06d}.jpg" for row in rows)
    if with_images:
        require_images(folder / "imageSequence", [path.name for path in paths])
    confidence = np.ones((len(rows), len(MPI_17), 1))
    return Sequence(
        data_set="mpi_inf_3dhp",
        name=f"TS{recording}",
        split="test",
        frame_ids=rows,
        frame_rate_hz=None,
        images=ImageFiles(paths) if with_images else None,
        image_size=_OUTDOOR_SIZE if recording in _OUTDOOR else _STUDIO_SIZE,
        keypoints2d=np.concatenate([keypoints2d[rows], confidence], axis=-1).astype(np.float32),
        keypoint_names=MPI_17,
        joints3d=joints3d[rows].astype(np.float32),
        joint_names=MPI_17,
        has_joints3d=np.ones(len(rows), bool),
        activities=activities[rows],
    )


def _joints(path: Path, name: str, values: NDArray[Any], width: int) -> NDArray[np.float64]:
    """Return (F, 17, width) of MATLAB's (width, 17, 1, F), which HDF5 gives turned round."""
    if values.ndim != 4 or values.shape[1:] != (1, len(MPI_17), width):
        raise MotionDataError(f"{path}: {name} has the shape {values.shape}, not (F, 1, {len(MPI_17)}, {width}).")
    return values[:, 0].astype(np.float64)
