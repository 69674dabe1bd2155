"""Frames of rendered people with what BlazePose really said of them, as views that the lifter can learn from.

The file is made by `python -m core prepare rendered`; its keys are in `core/training/rendered/training_frames.py`.
"""

import math
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import MotionDataError
from ..rotations import rotvec_to_rotmat
from ..skeleton import BETA_COUNT, JOINT_COUNT, LANDMARK_COUNT
from .simulator import TRAINING, SimulatedViews
from .torch_rotations import rotvec_to_rotmat as torch_rotvec_to_rotmat

FRAME_RATE_HZ: Final = 8.0
"""Frames far apart say more, but near enough to tell how an error goes on from one to the next."""
BETWEEN_COUNT: Final = 3
"""Between two frames, so many poses are known too."""

VALIDATION_EVERY: Final = 10
"""Every tenth shot is kept out of training."""

JITTER_M: Final = (0.006, 0.015)
"""Of what is reported, in the picture and in 3-D: the same frame is not seen alike twice."""
SWAPPED_SHARE: Final = 0.5
"""Nearer to the other side's truth by less than this share of the distance: sides are swapped, and repaired later."""

_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "poses": (JOINT_COUNT, 3), "pelvis_cam": (3,), "landmarks": (LANDMARK_COUNT, 3),
    "true_keypoints2d": (LANDMARK_COUNT, 2), "keypoints2d": (LANDMARK_COUNT, 2),
    "world_landmarks": (LANDMARK_COUNT, 3), "visibility": (LANDMARK_COUNT,),
    "between": (BETWEEN_COUNT, JOINT_COUNT, 3), "focal": (), "shot": (), "frame": (), "is_mirrored": (),
}  # fmt: skip
_LIMB_ENDS: Final = ([13, 15, 25, 27], [14, 16, 26, 28])


@dataclass(frozen=True)
class RenderedFrames:
    """F frames; see `SimulatedViews` for the units.

    Attributes:
        between: (F, 3, 24, 3) axis-angle poses between a frame and its shot's next one.
        shot, frame, is_mirrored: (F,) which shot a frame is from, which of its frames it is, and seen how.
    """

    rotmat: Tensor
    pelvis: Tensor
    landmarks: Tensor
    true_keypoints2d: Tensor
    keypoints2d: Tensor
    world_landmarks: Tensor
    visibility: Tensor
    focal: Tensor
    between: Tensor
    shot: NDArray[np.int64]
    frame: NDArray[np.int64]
    is_mirrored: NDArray[np.bool_]

    def part(self, rows: NDArray[np.int64]) -> SimulatedViews:
        """Return views (N, 1) of some rows, as they are. Their shape is not known: betas are zero."""
        index = torch.as_tensor(rows)
        return SimulatedViews(
            self.rotmat[index, None],
            torch.zeros(len(rows), 1, BETA_COUNT),
            self.landmarks[index, None],
            self.pelvis[index, None],
            self.true_keypoints2d[index, None],
            self.keypoints2d[index, None],
            self.world_landmarks[index, None],
            self.visibility[index, None],
            self.focal[index, None, None],
            0.0,
        )

    def varied(self, rows: NDArray[np.int64], generator: torch.Generator) -> SimulatedViews:
        """Return views (N, 1) of some rows, rolled and told a focal length that is off, as the simulator's cameras are.

        Note: not mirrored, as the landmark network takes left and right differently.
        """
        return jitter_views(turn_cameras(self.part(rows), generator), generator)


def validation_rows(frames: RenderedFrames) -> NDArray[np.bool_]:
    """Return which frames (F,) are of shots that are kept out of training."""
    is_validation: NDArray[np.bool_] = frames.shot % VALIDATION_EVERY == VALIDATION_EVERY - 1
    return is_validation


def turn_cameras(views: SimulatedViews, generator: torch.Generator) -> SimulatedViews:
    """Return the views (N, T) from cameras that are rolled, told focal lengths that are off."""
    count, camera = len(views.betas), TRAINING.camera
    angle = math.radians(camera.roll_std_deg) * torch.randn(count, generator=generator)
    error = torch.exp(camera.focal_error_std * torch.randn(count, 1, 1, generator=generator))
    return roll_views(views, angle, views.focal * error)


def roll_views(views: SimulatedViews, angle: Tensor, believed_focal: Tensor) -> SimulatedViews:
    """Return the views (N, T) from cameras rolled about the line of sight by (N,) radians, of another believed lens."""
    axis = torch.zeros(len(angle), 3)
    axis[:, 2] = angle
    turn = torch_rotvec_to_rotmat(axis)
    rotmat = views.rotmat.clone()
    rotmat[:, :, 0] = turn[:, None] @ rotmat[:, :, 0]
    back = turn.transpose(1, 2)
    flat = back[:, None, :2, :2]
    return SimulatedViews(
        rotmat,
        views.betas,
        views.landmarks @ back[:, None],
        views.pelvis @ back,
        views.true_keypoints2d @ flat,
        views.keypoints2d @ flat,
        views.world_landmarks @ back[:, None],
        views.visibility,
        believed_focal,
        views.frame_rate_hz,
    )


def jitter_views(views: SimulatedViews, generator: torch.Generator) -> SimulatedViews:
    """Return the views (N, T) with small errors added to what is reported."""
    in_picture, in_space = JITTER_M
    metre2d = (views.focal / views.pelvis[..., 2:])[..., None]
    off2d = torch.randn(views.keypoints2d.shape, generator=generator) * in_picture * metre2d
    off3d = torch.randn(views.world_landmarks.shape, generator=generator) * in_space
    return replace(views, keypoints2d=views.keypoints2d + off2d, world_landmarks=views.world_landmarks + off3d)


def load_rendered_frames(path: Path) -> RenderedFrames:
    """Read a file of rendered frames; frames with swapped sides are left out.

    Raises:
        MotionDataError: missing, damaged, or not such a file; never unpickles.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays: dict[str, NDArray[Any]] = {name: archive[name] for name in _SHAPES}
    except FileNotFoundError as error:
        raise MotionDataError(f"The file of rendered frames {path} does not exist.") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{path} is not a file of rendered frames, or it is damaged.") from error
    count = len(arrays["shot"]) if arrays["shot"].ndim else 0
    for name, shape in _SHAPES.items():
        if arrays[name].shape != (count, *shape):
            raise MotionDataError(f"{path}: {name} has the shape {arrays[name].shape}, expected {(count, *shape)}.")
    kept = ~swapped_sides(arrays["keypoints2d"], arrays["true_keypoints2d"])
    if not kept.any():
        raise MotionDataError(f"{path} holds no frame that can be used.")
    rotmat = rotvec_to_rotmat(arrays["poses"][kept].astype(np.float64))

    def tensor(name: str) -> Tensor:
        return torch.as_tensor(arrays[name][kept].astype(np.float32))

    return RenderedFrames(
        torch.as_tensor(rotmat.astype(np.float32)),
        tensor("pelvis_cam"),
        tensor("landmarks"),
        tensor("true_keypoints2d"),
        tensor("keypoints2d"),
        tensor("world_landmarks"),
        tensor("visibility"),
        tensor("focal"),
        tensor("between"),
        arrays["shot"][kept].astype(np.int64),
        arrays["frame"][kept].astype(np.int64),
        arrays["is_mirrored"][kept].astype(bool),
    )


def swapped_sides(points: NDArray[Any], true_points: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which frames (F,) show arms and legs of points (F, 33, 2) clearly nearer to the other side's truth."""
    left, right = _LIMB_ENDS
    sides, swapped = [*left, *right], [*right, *left]
    kept, crossed = (
        np.linalg.norm(points[:, sides] - true_points[:, order], axis=-1).mean(axis=1) for order in (sides, swapped)
    )
    result: NDArray[np.bool_] = crossed < SWAPPED_SHARE * kept
    return result
