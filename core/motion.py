"""The motion file: one person's motion as an AMASS-style npz, written by the core and read by the add-on.

Contract file: standard library and numpy only. Never unpickles.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .array_archive import ArchiveError, read_arrays
from .errors import MotionFileError, reason_of
from .whole_file import whole_file

FloatArray = NDArray[np.float32]

HIGHEST_RATE_HZ: Final = 100_000.0
LONGEST_FOCAL_PX: Final = 1e8
LONGEST_NAME: Final = 80


@dataclass(frozen=True)
class Motion:
    """One person's motion, T frames; metres, radians, pixels, camera axes (+x right, +y down, +z away).

    Attributes:
        poses: (T, 72) axis-angle of the 24 SMPL joints, global orient first.
        trans: (T, 3) SMPL translation: pelvis = J0(betas) + trans.
        betas: (10,) shape of `body`.
        body: `open` or `smpl`.
        gender: `neutral`, `male` or `female`.
        mocap_framerate: frames a second of the source.
        frame_ids: (T,) int64, 0-based source frames, increasing; gaps are missing rows.
        timestamps: (T,) float64 seconds.
        joints: (T, 24, 3) posed joints.
        keypoints: (T, 33, 3) the posed body's landmarks.
        keypoints_2d: (T, 33, 2) the same projected to source pixels.
        visibility: (T, 33) 0..1.
        contacts: (T, 4) 0..1, left heel, left toe, right heel, right toe.
        poses_per_frame: (T, 72) the result before the temporal prior and the refinement.
        confidence: (T, 24) 0..1 per joint.
        focal_length: pixels; the principal point is the image centre.
        image_size: (width, height) after rotation metadata.
        metadata: versions, backbone, hashes, options, warnings.
    """

    poses: FloatArray
    trans: FloatArray
    betas: FloatArray
    body: str
    gender: str
    mocap_framerate: float
    frame_ids: NDArray[np.int64]
    timestamps: NDArray[np.float64]
    joints: FloatArray
    keypoints: FloatArray
    keypoints_2d: FloatArray
    visibility: FloatArray
    contacts: FloatArray
    poses_per_frame: FloatArray
    confidence: FloatArray
    focal_length: float
    image_size: tuple[int, int]
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def frame_count(self) -> int:
        """Number of frames with a pose."""
        return len(self.poses)

    @property
    def has_camera(self) -> bool:
        """False for a motion that no camera filmed: its lens and picture size stand for nothing."""
        return bool(self.metadata.get("has_camera", True))


_FRAME_SHAPES: dict[str, tuple[int, ...]] = {
    "poses": (72,),
    "trans": (3,),
    "frame_ids": (),
    "timestamps": (),
    "joints": (24, 3),
    "keypoints": (33, 3),
    "keypoints_2d": (33, 2),
    "visibility": (33,),
    "contacts": (4,),
    "poses_per_frame": (72,),
    "confidence": (24,),
}
_DTYPES: dict[str, type[Any]] = {"frame_ids": np.int64, "timestamps": np.float64}


def save_motion(motion: Motion, path: Path) -> None:
    """Write the motion file whole or not at all (beside, then renamed).

    Raises:
        OutputError: the folder does not exist or cannot be written.
    """
    with whole_file(path) as partial:
        write_motion(motion, partial)


def write_motion(motion: Motion, path: Path) -> None:
    """Write the motion file under a name that `whole_file` gave; OSError where that fails."""
    arrays: dict[str, Any] = {
        name: np.asarray(getattr(motion, name), _DTYPES.get(name, np.float32)) for name in _FRAME_SHAPES
    }
    arrays["betas"] = np.asarray(motion.betas, np.float32)
    arrays["body"], arrays["gender"] = np.asarray(motion.body), np.asarray(motion.gender)
    arrays["mocap_framerate"] = np.asarray(motion.mocap_framerate, np.float64)
    arrays["focal_length"] = np.asarray(motion.focal_length, np.float64)
    arrays["image_size"] = np.asarray(motion.image_size, np.int64)
    arrays["metadata"] = np.asarray(json.dumps(motion.metadata))
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_motion(path: Path) -> Motion:
    """Read a motion file.

    Raises:
        MotionFileError: the file is missing, not an npz, lacks a key, has an array of the wrong shape, or numbers that
            no motion has.
    """
    try:
        arrays = read_arrays(path)
    except FileNotFoundError as error:
        raise MotionFileError(f"The motion file {path} does not exist.") from error
    except ArchiveError as error:
        message = f"{path} is not a motion file, or it is damaged ({error})."
        raise MotionFileError(message, "Estimate the video again.") from error
    return _checked_motion(arrays, path)


def _checked_motion(arrays: dict[str, Any], path: Path) -> Motion:
    """Return the Motion of loaded arrays; names each missing key and wrong shape."""
    scalars = ("betas", "body", "gender", "mocap_framerate", "focal_length", "image_size", "metadata")
    missing = [name for name in (*_FRAME_SHAPES, *scalars) if name not in arrays]
    if missing:
        raise MotionFileError(f"{path} is not a Jointwise motion file: it lacks {', '.join(missing)}.")
    frame_count = len(arrays["poses"]) if arrays["poses"].ndim else 0
    for name, shape in _FRAME_SHAPES.items():
        if arrays[name].shape != (frame_count, *shape):
            raise MotionFileError(f"{path} is damaged: {name} has the shape {arrays[name].shape}.")
        if arrays[name].dtype.kind not in "fiub":
            raise MotionFileError(f"{path} is damaged: {name} holds {arrays[name].dtype}, not numbers.")
    try:
        motion = _motion_of(arrays)
        check_values(motion)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise MotionFileError(f"{path} is damaged: {reason_of(error)}.") from error
    return motion


def _motion_of(arrays: dict[str, Any]) -> Motion:
    width, height = (int(value) for value in arrays["image_size"])
    # A number that float32 does not hold becomes infinite, which the check of the values finds.
    with np.errstate(over="ignore", invalid="ignore"):
        return Motion(
            **{name: arrays[name].astype(_DTYPES.get(name, np.float32)) for name in _FRAME_SHAPES},
            betas=arrays["betas"].astype(np.float32).reshape(10),
            body=str(arrays["body"]),
            gender=str(arrays["gender"]),
            mocap_framerate=float(arrays["mocap_framerate"]),
            focal_length=float(arrays["focal_length"]),
            image_size=(width, height),
            metadata=json.loads(str(arrays["metadata"])),
        )


def check_values(motion: Motion) -> None:
    """Raise ValueError, with a phrase that says why, for numbers that would break whoever keys or draws the motion."""
    if not motion.frame_count:
        raise ValueError("it has no frames")
    for name in (*_FRAME_SHAPES, "betas"):
        if not np.isfinite(getattr(motion, name)).all():
            raise ValueError(f"{name} holds values that are not numbers")
    if (np.diff(motion.frame_ids) <= 0).any() or (np.diff(motion.timestamps) <= 0).any():
        raise ValueError("its frames do not follow each other in time")
    if not 0 < motion.mocap_framerate < HIGHEST_RATE_HZ:
        raise ValueError(f"a frame rate of {motion.mocap_framerate:g} is impossible")
    if not 0 < motion.focal_length < LONGEST_FOCAL_PX or not 0 < min(motion.image_size) <= max(motion.image_size) < 1e6:
        raise ValueError(f"no camera has {motion.focal_length:g} pixels of focal length and {motion.image_size} pixels")
    # A later version may know other bodies.
    if not all(0 < len(name) <= LONGEST_NAME and name.isprintable() for name in (motion.body, motion.gender)):
        raise ValueError("the name of its body is no name")
    if not isinstance(motion.metadata, dict):
        raise ValueError("its metadata is no table")
