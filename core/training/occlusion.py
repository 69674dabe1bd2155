"""What hides landmarks: the body itself, dropouts of a limb, the image's edge, and left-right swaps."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..skeleton import LANDMARK_COUNT, MIRROR_LANDMARKS

REFERENCE_RATE_HZ = 30.0
LEAST_VISIBILITY = 0.02
"""What is reported of a landmark that is not seen at all."""


@dataclass(frozen=True)
class OcclusionSettings:
    """How often and how much; durations are at 30 frames a second and scale with the frame rate."""

    occluded_factor: float = 1.5
    dropout_factor: float = 2.5
    cropped_factor: float = 3.0
    dropout_rate: float = 0.02
    """Chance of one dropout in a window of one frame; grows with the square root of the length."""
    swap_rate: float = 0.004
    crop_probability: float = 0.0
    """Share of windows that show only the upper part of the body."""


@dataclass(frozen=True)
class Hidden:
    """What hides each landmark, 0..1 (N, T, 33)."""

    by_body: Tensor
    by_dropout: Tensor
    by_edge: Tensor

    def degradation(self, settings: OcclusionSettings) -> Tensor:
        """Return the factor (N, T, 33) on the landmark error."""
        body = 1 + settings.occluded_factor * self.by_body
        return body + settings.dropout_factor * self.by_dropout + settings.cropped_factor * self.by_edge

    def visibility(self, generator: torch.Generator) -> Tensor:
        """Return the visibility (N, T, 33) that the landmark network would report."""
        jitter = 0.06 * torch.randn(self.by_body.shape, generator=generator)
        seen = 0.97 - 0.55 * self.by_body - 0.6 * self.by_dropout - 0.75 * self.by_edge + jitter
        return seen.clamp(LEAST_VISIBILITY, 1.0)


LIMBS = ((13, 15, 17, 19, 21), (14, 16, 18, 20, 22), (25, 27, 29, 31), (26, 28, 30, 32))
"""Landmarks of each arm and leg, from elbow and knee on."""
LIMB_ANCHORS = (11, 12, 23, 24)
"""The shoulder or hip that each of them hangs on."""
_DROPPED = (*LIMBS, tuple(range(11)))


def _limb_masks() -> Tensor:
    """(5, 33) landmarks of each limb that can drop out."""
    masks = torch.zeros(len(_DROPPED), LANDMARK_COUNT)
    for row, limb in enumerate(_DROPPED):
        masks[row, list(limb)] = 1.0
    return masks


_LIMB_MASKS = _limb_masks()
_ALL_SWAPPED = torch.tensor(MIRROR_LANDMARKS)
_LEGS_SWAPPED = torch.where(torch.arange(LANDMARK_COUNT) >= 23, _ALL_SWAPPED, torch.arange(LANDMARK_COUNT))


def hide_landmarks(
    landmarks: Tensor,
    keypoints2d: Tensor,
    frame_rate_hz: float,
    settings: OcclusionSettings,
    generator: torch.Generator,
) -> Hidden:
    """Return what hides the landmarks (N, T, 33, 3), camera axes, with image points (N, T, 33, 2)."""
    by_edge = torch.zeros(landmarks.shape[:-1])
    if settings.crop_probability > 0:
        by_edge = below_line(keypoints2d, settings.crop_probability, generator)
    return Hidden(occluded_by_body(landmarks), _dropouts(landmarks, frame_rate_hz, settings, generator), by_edge)


def occluded_by_body(landmarks: Tensor) -> Tensor:
    """Return (N, T, 33): near 1 where a landmark lies behind the trunk, faded over 5 frames."""
    hips, shoulders = (
        landmarks[..., [23, 24], :].mean(-2, keepdim=True),
        landmarks[..., [11, 12], :].mean(-2, keepdim=True),
    )
    spine = (hips - shoulders)[..., :2]
    along = ((landmarks[..., :2] - shoulders[..., :2]) * spine).sum(-1) / spine.square().sum(-1).clamp_min(1e-3)
    nearest = shoulders + along.clamp(0, 1)[..., None] * (hips - shoulders)
    offset = landmarks - nearest
    occluded = ((offset[..., :2].norm(dim=-1) < 0.15) & (offset[..., 2] > 0.06)).float()
    occluded[..., 23:25] = 0
    return faded(occluded, 5)


def faded(hidden: Tensor, width: int) -> Tensor:
    """Return values (N, T, 33) that rise to each spell of hidden ones and fall after it, over `width` (odd) frames."""
    count, frames = hidden.shape[:2]
    series = hidden.transpose(1, 2).reshape(-1, 1, frames)
    mean = F.avg_pool1d(series, width, 1, width // 2, count_include_pad=False).view(count, LANDMARK_COUNT, frames)
    return torch.maximum(hidden, mean.transpose(1, 2))


def _spells(
    count: int, frames: int, probability: float, longest: int, frame_rate_hz: float, generator: torch.Generator
) -> Tensor:
    """Return (N, T) bool: at most one run of 2..longest-1 frames (at 30 Hz) in each window, with a probability."""
    stretch = frame_rate_hz / REFERENCE_RATE_HZ
    active = torch.rand(count, 1, generator=generator) < probability
    length = (torch.randint(2, longest, (count, 1), generator=generator) * stretch).round()
    first = (torch.rand(count, 1, generator=generator) * (frames + length - 1)).floor() - length + 1
    time = torch.arange(frames)
    return active & (time >= first) & (time < first + length)


def _dropouts(
    landmarks: Tensor, frame_rate_hz: float, settings: OcclusionSettings, generator: torch.Generator
) -> Tensor:
    """Return (N, T, 33): 1 where a whole limb is lost for some frames."""
    count, frames = landmarks.shape[:2]
    length = frames * REFERENCE_RATE_HZ / frame_rate_hz
    spells = _spells(count, frames, settings.dropout_rate * length**0.5, 12, frame_rate_hz, generator)
    limb = torch.randint(0, len(_DROPPED), (count,), generator=generator)
    return spells[..., None] * _LIMB_MASKS[limb][:, None]


def below_line(keypoints2d: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Return (N, T, 33): 1 below a level line between shoulders and feet of the first frame, in some windows."""
    count = len(keypoints2d)
    chosen = torch.rand(count, generator=generator) < probability
    shoulder = keypoints2d[:, 0, 11:13, 1].mean(-1)
    foot = keypoints2d[:, 0, 27:33, 1].amax(-1)
    line = torch.lerp(shoulder, foot, 0.3 + 0.65 * torch.rand(count, generator=generator))
    return ((keypoints2d[..., 1] > line[:, None, None]) & chosen[:, None, None]).float()


def swap_sides(
    tensors: list[Tensor], frame_rate_hz: float, swap_rate: float, generator: torch.Generator
) -> list[Tensor]:
    """Return tensors (N, T, 33, ...) with left and right swapped (all, or the legs) in some runs of frames."""
    count, frames = tensors[0].shape[:2]
    length = frames * REFERENCE_RATE_HZ / frame_rate_hz
    spells = _spells(count, frames, swap_rate * length**0.5, 15, frame_rate_hz, generator)
    whole = torch.rand(count, 1, generator=generator) < 0.5
    source = torch.where(whole, _ALL_SWAPPED, _LEGS_SWAPPED)
    index = torch.where(spells[..., None], source[:, None], torch.arange(LANDMARK_COUNT))
    rows, columns = torch.arange(count)[:, None, None], torch.arange(frames)[None, :, None]
    return [tensor[rows, columns, index] for tensor in tensors]
