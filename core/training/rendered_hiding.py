"""What hides landmarks in the picture: trunk, head and legs of the person, things in front, and the picture's edges."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ..skeleton import LANDMARK_COUNT
from .cameras import PERSON_HEIGHT_M, uniform
from .observation import Scene
from .occlusion import below_line, faded

_ARM_ENDS: Final = (13, 14, 15, 16, 17, 18, 19, 20, 21, 22)
_LEFT_LEG: Final = (25, 27, 29, 31)
_RIGHT_LEG: Final = (26, 28, 30, 32)
_HANDS: Final = (15, 16, 17, 18, 19, 20, 21, 22)
# Ends (each the middle of some landmarks), radius in metres, landmarks that may lie behind.
_PARTS: Final[tuple[tuple[tuple[int, ...], tuple[int, ...], float, tuple[int, ...]], ...]] = (
    ((11, 12), (23, 24), 0.13, (*_ARM_ENDS, *_LEFT_LEG, *_RIGHT_LEG)),
    ((7, 8), (11, 12), 0.08, _ARM_ENDS),
    ((23,), (25,), 0.075, (*_HANDS, *_RIGHT_LEG)),
    ((24,), (26,), 0.075, (*_HANDS, *_LEFT_LEG)),
    ((25,), (27,), 0.055, (*_HANDS, *_RIGHT_LEG)),
    ((26,), (28,), 0.055, (*_HANDS, *_LEFT_LEG)),
)
_LEAST_BEHIND: Final = 0.5
"""Radii behind a part's axis from which a landmark is hidden by it."""


@dataclass(frozen=True)
class HidingSettings:
    """Chances of what stands in front of somebody for a whole window."""

    lower_edge: float = 0.06
    """The picture ends somewhere between shoulders and feet."""
    low_thing: float = 0.05
    """A table, a wall: everything below a line."""
    band: float = 0.08
    """A post, a door, another person: an upright strip that the person may walk past."""


def hidden_landmarks(scene: Scene, settings: HidingSettings, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return (N, T, 33) 0..1 each: what is behind something, and what lies outside the picture."""
    outside = below_line(scene.keypoints2d, settings.lower_edge, generator)
    low = below_line(scene.keypoints2d, settings.low_thing, generator)
    behind = torch.maximum(torch.maximum(behind_own_body(scene.landmarks), low), _in_band(scene, settings, generator))
    return faded(behind, 3), outside


def behind_own_body(landmarks: Tensor) -> Tensor:
    """Return (N, T, 33): 1 where a landmark lies behind trunk, head or a leg, for (N, T, 33, 3) in camera axes."""
    hidden = torch.zeros(landmarks.shape[:-1])
    for first, second, radius, others in _PARTS:
        chosen = list(others)
        start, end = (landmarks[..., list(ends), :].mean(-2, keepdim=True) for ends in (first, second))
        points, axis = landmarks[..., chosen, :] - start, end - start
        flat = axis[..., :2]
        along = (points[..., :2] * flat).sum(-1, keepdim=True) / flat.square().sum(-1, keepdim=True).clamp_min(1e-4)
        offset = points - along.clamp(0, 1) * axis
        is_behind = (offset[..., :2].norm(dim=-1) < radius) & (offset[..., 2] > _LEAST_BEHIND * radius)
        hidden[..., chosen] = torch.maximum(hidden[..., chosen], is_behind.float())
    return hidden


def _in_band(scene: Scene, settings: HidingSettings, generator: torch.Generator) -> Tensor:
    """Return (N, T, 33): 1 in an upright strip of the picture that holds some landmark in some frame."""
    count, frames = scene.keypoints2d.shape[:2]
    chosen = torch.rand(count, generator=generator) < settings.band
    rows = torch.arange(count)
    frame = torch.randint(0, frames, (count,), generator=generator)
    landmark = torch.randint(0, LANDMARK_COUNT, (count,), generator=generator)
    center = scene.keypoints2d[rows, frame, landmark, 0]
    half_width = PERSON_HEIGHT_M * scene.metre2d[:, 0, 0] * uniform(count, (0.05, 0.25), generator)
    inside = (scene.keypoints2d[..., 0] - center[:, None, None]).abs() < half_width[:, None, None]
    return (inside & chosen[:, None, None]).float()
