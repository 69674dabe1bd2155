"""What is known of one person in a rendered video: the file that lies beside the video, checked and unpacked."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...rotations import rotvec_to_rotmat
from ...skeleton import JOINT_COUNT, LANDMARK_COUNT
from ..rendered_noise import CHAIN_SHARE

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

TRUTH_SUFFIX: Final = "_truth.npz"

_PERSON_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "poses": (JOINT_COUNT, 3),
    "pelvis_cam": (3,),
    "joints": (JOINT_COUNT, 3),
    "landmarks": (LANDMARK_COUNT, 3),
    "keypoints2d_px": (LANDMARK_COUNT, 2),
    "hidden": (LANDMARK_COUNT,),
    "contacts": (4,),
}
_SHOT_KEYS: Final = ("kind", "frame_rate_hz", "focal_length_px", "image_size", "camera_from_world", "floor_y")


@dataclass(frozen=True)
class ShotTruth:
    """One person on the T frames of one shot; metres, camera axes (+x right, +y down, +z away) unless said otherwise.

    Attributes:
        name, kind: of the shot.
        rotmat: (T, 24, 3, 3) local rotations, the root's in camera axes.
        pelvis_cam: (T, 3).
        joints: (T, 24, 3).
        landmarks: (T, 33, 3).
        keypoints2d_px: (T, 33, 2).
        hidden: (T, 33) behind something, behind the own body, or outside the picture.
        contacts: (T, 4) left heel, left toe, right heel, right toe stand on the floor.
        camera_from_world: (T, 4, 4); the world's Y points up.
        floor_y: height of the floor in the world.
    """

    name: str
    kind: str
    frame_rate_hz: float
    focal_length_px: float
    image_size: tuple[int, int]
    rotmat: FloatArray
    pelvis_cam: FloatArray
    joints: FloatArray
    landmarks: FloatArray
    keypoints2d_px: FloatArray
    hidden: BoolArray
    contacts: BoolArray
    camera_from_world: FloatArray
    floor_y: float

    @property
    def frame_count(self) -> int:
        """Number of frames of the video."""
        return len(self.landmarks)

    def to_world(self, points_cam: FloatArray) -> FloatArray:
        """Return points (T, K, 3) of camera axes in world axes."""
        rotation, shift = self.camera_from_world[:, :3, :3], self.camera_from_world[:, None, :3, 3]
        world: FloatArray = (points_cam - shift) @ rotation
        return world

    def person_height_px(self) -> FloatArray:
        """Return how tall (T,) the person would appear, standing upright at the pelvis's distance."""
        height_px: FloatArray = self.focal_length_px * standing_height_m(self.landmarks) / self.pelvis_cam[:, 2]
        return height_px


def standing_height_m(landmarks: FloatArray) -> float:
    """Return the height of whoever has the landmarks (T, 33, 3), whatever the pose."""
    left, right = landmarks[:, [11, 23, 25, 27]], landmarks[:, [12, 24, 26, 28]]
    middle = (left + right) / 2
    trunk = np.linalg.norm(middle[:, 0] - middle[:, 1], axis=-1)
    legs = [np.linalg.norm(np.diff(side[:, 1:], axis=1), axis=-1).sum(axis=-1) for side in (left, right)]
    return float(np.median(trunk + (legs[0] + legs[1]) / 2) / CHAIN_SHARE)


def truth_path(video: Path) -> Path:
    """Return the truth's file of a video."""
    return video.with_name(video.stem + TRUTH_SUFFIX)


def load_truth(video: Path) -> list[ShotTruth]:
    """Return the truth of each person in a rendered video, the main person first.

    Raises:
        MotionDataError: missing, damaged, lacks a key, or an array of the wrong shape; never unpickles.
    """
    path = truth_path(video)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        hint = "Render the videos anew."
        raise MotionDataError(f"The truth {path} of the rendered video does not exist.", hint) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{path} is not the truth of a rendered video, or it is damaged.") from error
    _check_arrays(arrays, path)
    return [_person(arrays, video.stem, person) for person in range(len(arrays["poses"]))]


def _check_arrays(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    missing = [name for name in (*_PERSON_SHAPES, *_SHOT_KEYS) if name not in arrays]
    if missing:
        raise MotionDataError(f"{path} is not the truth of a rendered video: it lacks {', '.join(missing)}.")
    people_and_frames = arrays["poses"].shape[:2]
    expected = {name: (*people_and_frames, *shape) for name, shape in _PERSON_SHAPES.items()}
    expected |= {"camera_from_world": (*people_and_frames[1:], 4, 4), "image_size": (2,)}
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise MotionDataError(f"{path}: {name} has the shape {arrays[name].shape}, not {shape}.")


def _person(arrays: dict[str, NDArray[Any]], name: str, person: int) -> ShotTruth:
    width, height = (int(value) for value in arrays["image_size"])
    return ShotTruth(
        name=name,
        kind=str(arrays["kind"]),
        frame_rate_hz=float(arrays["frame_rate_hz"]),
        focal_length_px=float(arrays["focal_length_px"]),
        image_size=(width, height),
        rotmat=rotvec_to_rotmat(arrays["poses"][person].astype(np.float64)),
        hidden=arrays["hidden"][person].astype(bool),
        contacts=arrays["contacts"][person].astype(bool),
        camera_from_world=arrays["camera_from_world"].astype(np.float64),
        floor_y=float(arrays["floor_y"]),
        **{
            key: arrays[key][person].astype(np.float64)
            for key in ("pelvis_cam", "joints", "landmarks", "keypoints2d_px")
        },
    )
