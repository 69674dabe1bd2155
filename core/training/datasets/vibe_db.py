"""VIBE's preprocessed databases, for those who have them: joblib dumps and one HDF5 file, whatever their suffixes say.

Rows of all videos stand one after the other. Their features (N, 2048) are those of SPIN's network: of use to VIBE
itself and to the holistic baseline, not to PARE, whose features must be taken from the pictures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...motion_import.joblib_dump import load_joblib
from ...skeleton import BETA_COUNT, JOINT_COUNT
from .hdf5_files import read_hdf5
from .image_sources import ImageFiles
from .joint_names import INSTA_25, LSP_14, SPIN_49
from .sequence import Sequence

_POSE_VALUES: Final = JOINT_COUNT * 3
_JOINT_ORDERS: Final = {len(LSP_14): LSP_14, len(SPIN_49): SPIN_49, len(INSTA_25): INSTA_25}


@dataclass(frozen=True)
class _Kind:
    """What one of the databases holds."""

    data_set: str
    split: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


_KINDS: Final = {
    "amass_db.pt": _Kind("amass", "train", ("theta", "vid_name")),
    **{
        f"3dpw_{name}_db.pt": _Kind(
            "3dpw",
            split,
            ("vid_name", "frame_id", "joints3D", "joints2D", "shape", "pose", "bbox", "features"),
            ("img_name", "valid"),
        )
        for name, split in (("train", "train"), ("val", "validation"), ("test", "test"))
    },
    **{
        f"mpii3d_{name}_db.pt": _Kind(
            "mpi_inf_3dhp",
            split,
            ("vid_name", "frame_id", "joints3D", "joints2D", "bbox", "features"),
            ("img_name", "valid_i"),
        )
        for name, split in (("train", "train"), ("val", "test"))
    },
    "insta_train_db.h5": _Kind("instavariety", "train", ("vid_name", "frame_id", "joints2D", "features")),
}


def read_vibe_db(path: Path, image_root: Path | None = None) -> Iterator[Sequence]:
    """Give each video of a database.

    Args:
        path: a file under one of VIBE's names: amass_db.pt, 3dpw_{train,val,test}_db.pt, mpii3d_{train,val}_db.pt,
            insta_train_db.h5.
        image_root: folder that stands for the longest part of the stored picture paths that is not there; None
            leaves the pictures out.
    Raises:
        MotionDataError: another name, missing, damaged, cut off, or arrays of other lengths.
    """
    kind = _KINDS.get(path.name)
    if kind is None:
        raise MotionDataError(f"{path} is none of VIBE's databases, whose names are {', '.join(_KINDS)}.")
    columns = _read_columns(path, kind)
    names = np.array([_text(name) for name in columns["vid_name"]])
    changes = np.flatnonzero(names[1:] != names[:-1]) + 1
    for first, end in zip([0, *changes.tolist()], [*changes.tolist(), len(names)], strict=True):
        if end > first:
            rows = {key: value[first:end] for key, value in columns.items()}
            yield _sequence(kind, path, str(names[first]), rows, image_root)


def _read_columns(path: Path, kind: _Kind) -> dict[str, NDArray[Any]]:
    """Return the database's arrays, all of one length."""
    if path.suffix == ".h5":
        content: Any = read_hdf5(path, kind.needed)
    else:
        content = load_joblib(path)
    missing = [key for key in kind.needed if not isinstance(content, dict) or key not in content]
    if missing:
        raise MotionDataError(f"{path} is not the database that its name says: it lacks {', '.join(missing)}.")
    columns = {key: np.asarray(content[key]) for key in (*kind.needed, *kind.optional) if key in content}
    lengths = {key: len(value) if value.ndim else 0 for key, value in columns.items()}
    if len(set(lengths.values())) != 1:
        raise MotionDataError(f"{path} is damaged: its arrays have the lengths {lengths}.")
    return columns


def _sequence(kind: _Kind, path: Path, name: str, rows: dict[str, NDArray[Any]], image_root: Path | None) -> Sequence:
    count = len(rows["vid_name"])
    frame_ids = rows["frame_id"].astype(np.int64) if "frame_id" in rows else np.arange(count)
    poses, betas = _pose_and_shape(rows)
    try:
        joints3d, joint_names = _joints(rows.get("joints3D"))
        keypoints2d, keypoint_names = _joints(rows.get("joints2D"))
        return Sequence(
            data_set=kind.data_set,
            name=name,
            split=kind.split,
            frame_ids=frame_ids,
            frame_rate_hz=25.0 if kind.data_set == "amass" else None,
            axes="world_z_up" if kind.data_set == "amass" else "camera",
            images=_images(rows.get("img_name"), image_root),
            bbox=_square_box(rows.get("bbox")),
            keypoints2d=keypoints2d,
            keypoint_names=keypoint_names,
            joints3d=joints3d,
            joint_names=joint_names,
            poses=poses,
            betas=betas,
            has_joints3d=None if joints3d is None else np.ones(count, bool),
            has_poses=None if poses is None else np.ones(count, bool),
            features=rows.get("features"),
        )
    except (ValueError, KeyError) as error:
        raise MotionDataError(f"{path} is damaged: {name}: {error}.") from error


def _pose_and_shape(rows: dict[str, NDArray[Any]]) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """Return poses (T, 24, 3) and the video's one shape (10,), from `theta` or from `pose` and `shape`."""
    if "theta" in rows:
        pose, shape = rows["theta"][:, :_POSE_VALUES], rows["theta"][:, _POSE_VALUES:]
    elif "pose" in rows:
        pose, shape = rows["pose"], rows["shape"]
    else:
        return None, None
    return pose.astype(np.float32).reshape(-1, JOINT_COUNT, 3), shape[0, :BETA_COUNT].astype(np.float32)


def _joints(values: NDArray[Any] | None) -> tuple[NDArray[np.float32] | None, tuple[str, ...]]:
    """Return joints (T, J, 3) and the names of their order, which follows from their number."""
    if values is None:
        return None, ()
    return values.astype(np.float32), _JOINT_ORDERS[values.shape[1]]


def _square_box(bbox: NDArray[Any] | None) -> NDArray[np.float32] | None:
    """Return centre and side (T, 3) of boxes (T, 4): centre, width, height."""
    if bbox is None:
        return None
    return np.concatenate([bbox[:, :2], bbox[:, 2:4].max(axis=1, keepdims=True)], axis=1).astype(np.float32)


def _images(names: NDArray[Any] | None, image_root: Path | None) -> ImageFiles | None:
    """Return the pictures under another root: stored paths are those of the machine that made the database."""
    if names is None or image_root is None:
        return None
    stored = [_text(name).replace("\\", "/").strip("/").split("/") for name in names]
    dropped = _parts_to_drop(image_root, stored[0])
    return ImageFiles(tuple(image_root.joinpath(*parts[dropped:]) for parts in stored))


def _parts_to_drop(root: Path, parts: list[str]) -> int:
    """Return how many leading folders of a stored path another root stands for: the fewest that lead to a file."""
    return next((count for count in range(len(parts)) if root.joinpath(*parts[count:]).is_file()), 0)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
