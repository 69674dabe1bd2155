"""Windows of rendered people for the temporal encoder: their frames, and between them what lies between the errors.

The file has eight frames a second, and the true poses four times as often. What the network says in between is taken
to be as far off as on the way from one frame's error to the next one's; the pose itself changes as it truly does.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..skeleton import BETA_COUNT
from .clips import catmull_rom_weights
from .lost_limbs import LostLimbSettings, lose_limbs
from .observation import Observation, hip_middle
from .rendered_frames import BETWEEN_COUNT, FRAME_RATE_HZ, RenderedFrames, turn_cameras
from .rendered_noise import standing_height
from .simulator import SimulatedViews
from .torch_body import TorchBody
from .torch_camera import project
from .torch_rotations import rotvec_to_rotmat
from .transplanted_errors import guess_of, normalised, seen_places

STEPS: Final = BETWEEN_COUNT + 1
KEYFRAMES: Final = 13
"""Of the file's frames in a window: one and a half seconds."""
WINDOW_RATE_HZ: Final = FRAME_RATE_HZ * STEPS
WINDOW_FRAMES: Final = (KEYFRAMES - 1) * STEPS + 1

FLICKER_M: Final = (0.0053, 0.0042, 0.0035, 0.0114)
"""What is another in each frame, of a landmark that is seen: in the picture; in the guess, along with the picture,
across and along the line of sight. As large as makes the landmarks of the rendered benchmark shake as they do."""
FLICKER_LOG_STD, FLICKER_HIDDEN = 0.4, 2.0
"""From person to person; and how much more there is of it where nothing is seen."""


class RenderedWindows:
    """All runs of `KEYFRAMES` frames of one shot without a gap, among some rows.

    Args:
        rows: which of the frames.
    """

    def __init__(self, frames: RenderedFrames, rows: NDArray[np.int64], body: TorchBody) -> None:
        self._frames, self._body = frames, body
        last = int(frames.frame.max()) + 1 if len(frames.frame) else 1
        key = (frames.shot[rows] * 2 + frames.is_mirrored[rows]) * (last + KEYFRAMES) + frames.frame[rows]
        order = np.argsort(key)
        self._rows, key = rows[order], key[order]
        span = KEYFRAMES - 1
        self._starts = np.flatnonzero(key[span:] - key[: max(len(key) - span, 0)] == span)

    def __len__(self) -> int:
        return len(self._starts)

    def draw(
        self, count: int, lost_limbs: LostLimbSettings, random: np.random.Generator, generator: torch.Generator
    ) -> SimulatedViews:
        """Return `count` windows, varied like single frames. Their shape is not known: betas are zero."""
        views = turn_cameras(self.views(random.integers(len(self), size=count)), generator)
        return without_limbs(flicker(views, generator), lost_limbs, generator)

    def spread(self, count: int, seed: int) -> SimulatedViews:
        """Return up to `count` windows from all over, always the same, from cameras that are known."""
        chosen = np.linspace(0, len(self) - 1, min(count, len(self))).astype(np.int64)
        return flicker(self.views(chosen), torch.Generator().manual_seed(seed))

    def views(self, chosen: NDArray[np.int64]) -> SimulatedViews:
        """Return the windows (N, T) of some numbers, as they are."""
        rows = torch.as_tensor(self._rows[self._starts[chosen][:, None] + np.arange(KEYFRAMES)])
        frames, count = self._frames, len(rows)
        rotmat, betas = self._rotmat(rows), torch.zeros(count, WINDOW_FRAMES, BETA_COUNT)
        own = self._body.pose_landmarks(rotmat.flatten(0, 1), betas.flatten(0, 1))[0].unflatten(0, rotmat.shape[:2])
        # The person has another body than ours; how it differs changes slowly.
        own = own * (standing_height(frames.landmarks[rows]) / standing_height(own))
        landmarks = own + between(frames.landmarks[rows] - own[:, ::STEPS])
        pelvis, focal = smooth_between(frames.pelvis[rows]), frames.focal[rows[:, :1], None]
        metre2d = focal / pelvis[..., 2:]
        places2d = seen_places(landmarks, pelvis, focal)
        off = (frames.keypoints2d[rows] - places2d[:, ::STEPS]) / metre2d[:, ::STEPS, :, None]
        guess = guess_of(normalised(landmarks))
        world = guess + between(frames.world_landmarks[rows] - guess[:, ::STEPS])
        return SimulatedViews(
            rotmat,
            betas,
            landmarks,
            pelvis,
            project(landmarks, pelvis, focal),
            places2d + between(off) * metre2d[..., None],
            world - hip_middle(world),
            between(frames.visibility[rows]),
            focal,
            WINDOW_RATE_HZ,
        )

    def _rotmat(self, rows: Tensor) -> Tensor:
        """Return the true rotations (N, T, 24, 3, 3) of frames (N, K) and of the times between them."""
        after = rotvec_to_rotmat(self._frames.between[rows])
        steps = torch.cat([self._frames.rotmat[rows][:, :, None], after], dim=2).flatten(1, 2)
        return steps[:, :WINDOW_FRAMES]


def flicker(views: SimulatedViews, generator: torch.Generator) -> SimulatedViews:
    """Return the views (N, T) with errors added to what is reported that no frame shares with the next."""
    of_picture, along_with_it, across, in_depth = FLICKER_M
    size = torch.exp(FLICKER_LOG_STD * torch.randn(len(views.betas), 1, 1, generator=generator))
    size = (size * (1 + FLICKER_HIDDEN * (1 - views.visibility)))[..., None]
    shared = size * torch.randn(views.keypoints2d.shape, generator=generator)
    own = size * torch.randn(views.world_landmarks.shape, generator=generator)
    metre2d = (views.focal / views.pelvis[..., 2:])[..., None]
    off = own * torch.tensor([across, across, in_depth])
    off[..., :2] += along_with_it * shared
    return replace(
        views,
        keypoints2d=views.keypoints2d + of_picture * shared * metre2d,
        world_landmarks=views.world_landmarks + off,
    )


def without_limbs(views: SimulatedViews, settings: LostLimbSettings, generator: torch.Generator) -> SimulatedViews:
    """Return the views (N, T) with some limbs lost for a while."""
    metre2d = views.focal / views.pelvis[..., 2:]
    seen = Observation(views.keypoints2d, views.world_landmarks, views.visibility, metre2d)
    lost = lose_limbs(seen, views.frame_rate_hz, settings, generator)
    world = lost.world_landmarks - hip_middle(lost.world_landmarks)
    return replace(views, keypoints2d=lost.keypoints2d, world_landmarks=world, visibility=lost.visibility)


def between(values: Tensor) -> Tensor:
    """Return values (N, T, ...) on straight lines between those of the keyframes (N, K, ...)."""
    share = (torch.arange(STEPS) / STEPS).view(1, 1, STEPS, *(1,) * (values.ndim - 2))
    ways = torch.lerp(values[:, :-1, None], values[:, 1:, None], share).flatten(1, 2)
    return torch.cat([ways, values[:, -1:]], dim=1)


def smooth_between(values: Tensor) -> Tensor:
    """Return values (N, T, A) on a smooth curve through those of the keyframes (N, K, A)."""
    padded = torch.cat([2 * values[:, :1] - values[:, 1:2], values, 2 * values[:, -1:] - values[:, -2:-1]], dim=1)
    weights = catmull_rom_weights(torch.arange(STEPS) / STEPS)
    around = torch.stack([padded[:, k : padded.shape[1] - 3 + k] for k in range(4)], dim=2)
    ways = torch.einsum("sk,nika->nisa", weights, around).flatten(1, 2)
    return torch.cat([ways, values[:, -1:]], dim=1)
