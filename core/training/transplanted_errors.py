"""What BlazePose really said of somebody in nearly the same pose, carried over to a simulated one.

Random errors make poses that nobody takes; BlazePose's own wrong guesses are poses again, and only real ones teach to
tell them apart. Between two poses the guess is taken to change as much as it does on average: across the line of sight
like the landmarks, in depth by the shares of `guessed_depth.py`.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..landmark_places import BLAZEPOSE_FROM_BODY
from .guessed_depth import mean_guess_matrix
from .observation import Observation, Scene, hip_middle
from .rendered_frames import RenderedFrames
from .rendered_noise import RenderedNoise, standing_height
from .torch_camera import project

NEIGHBOURS: Final = 8
"""One of so many nearest poses is taken, so that a pose is not always guessed alike."""
_COMPARED: Final = (0, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 31, 32)

_PLACES = torch.as_tensor(BLAZEPOSE_FROM_BODY, dtype=torch.float32)
_DEPTH_GUESS = mean_guess_matrix()


class ErrorBank:
    """The frames that errors are taken from.

    Args:
        rows: which frames.
    """

    def __init__(self, frames: RenderedFrames, rows: NDArray[np.int64]) -> None:
        views = frames.part(rows)
        self._true = normalised(views.landmarks)[:, 0]
        self._keys = _keys(self._true)
        self._guess = views.world_landmarks[:, 0]
        self._visibility = views.visibility[:, 0]
        metre2d = views.focal / views.pelvis[..., 2:]
        places2d = seen_places(views.landmarks, views.pelvis, views.focal)
        off = (views.keypoints2d - places2d) / metre2d[..., None] / standing_height(views.landmarks)
        self._off = off[:, 0]

    def observe(self, scene: Scene, generator: torch.Generator) -> Observation:
        """Return what BlazePose would report of single frames (N, 1)."""
        true = normalised(scene.landmarks)[:, 0]
        nearest = torch.cdist(_keys(true), self._keys).topk(min(NEIGHBOURS, len(self._keys)), largest=False).indices
        choice = torch.randint(0, nearest.shape[1], (len(true), 1), generator=generator)
        row = nearest.gather(1, choice)[:, 0]
        guess = self._guess[row] + guess_of(true - self._true[row])
        size = standing_height(scene.landmarks)
        off = self._off[row][:, None] * size * scene.metre2d[..., None]
        keypoints2d = seen_places(scene.landmarks, scene.pelvis, scene.focal) + off
        world = (guess - hip_middle(guess))[:, None]
        return Observation(keypoints2d, world, self._visibility[row][:, None], scene.metre2d)


def seen_places(landmarks: Tensor, pelvis: Tensor, focal: Tensor) -> Tensor:
    """Return (..., 33, 2) where BlazePose sees landmarks (..., 33, 3), pelvis (..., 3): its places are not ours."""
    return project(_PLACES @ landmarks, pelvis, focal)


def guess_of(landmarks: Tensor) -> Tensor:
    """Return the guess (..., 33, 3), without constants, that goes on average with `normalised` landmarks."""
    return torch.cat([_PLACES @ landmarks[..., :2], _DEPTH_GUESS @ landmarks[..., 2:]], dim=-1)


def normalised(landmarks: Tensor) -> Tensor:
    """Return landmarks (N, T, 33, 3) of somebody as tall as everybody is in the guess, from the middle of the hips."""
    rooted: Tensor = landmarks - hip_middle(landmarks)
    return rooted * (RenderedNoise().seen_height_m / standing_height(landmarks))


def _keys(landmarks: Tensor) -> Tensor:
    """Return what two poses (N, 33, 3) are compared by."""
    return landmarks[:, list(_COMPARED)].flatten(1)
