"""Limbs that the landmark network loses: what it then reports is a guess that tells nothing of where the limb is.

The guess is either where the limb was last seen, or where somebody else's limb is; both hang on the shoulder or hip,
are wrong by more than the usual noise, and come with a low visibility. From these an estimator learns not to trust
what is hidden; the simulator's other dropouts, whose landmarks are only noisier, do not teach that.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .cameras import uniform
from .observation import Observation
from .occlusion import LEAST_VISIBILITY, LIMB_ANCHORS, LIMBS, REFERENCE_RATE_HZ


@dataclass(frozen=True)
class LostLimbSettings:
    """How often and for how long; lengths are frames at 30 Hz and scale with the frame rate."""

    share: float = 0.0
    """Of the frames, in which a limb is lost; a longer window loses it more often, at most once."""
    both_legs_probability: float = 0.0
    """Of both legs, in the whole window: a picture that ends at the hips."""
    body_share: float = 0.0
    """Of the frames, in which everything is lost: somebody passes in front."""
    lengths: tuple[int, int] = (4, 45)
    held_share: float = 0.5
    """Of the guesses that stay where the limb was last seen; the others are somebody else's limb."""
    visibility_loss: tuple[float, float] = (0.3, 0.95)
    wander_m: float = 0.06
    """Standard deviation of the guess about what it repeats, fixed for each spell."""


def lose_limbs(
    seen: Observation, frame_rate_hz: float, settings: LostLimbSettings, generator: torch.Generator
) -> Observation:
    """Return the observation with some limbs lost for some frames."""
    keypoints2d, world, visibility = seen.keypoints2d.clone(), seen.world_landmarks.clone(), seen.visibility.clone()
    count, frames = visibility.shape[:2]
    cropped = torch.rand(count, generator=generator) < settings.both_legs_probability
    for limb, anchor in zip(LIMBS, LIMB_ANCHORS, strict=True):
        lost = _spell(count, frames, frame_rate_hz, settings, generator)
        if limb[0] >= LIMB_ANCHORS[2]:
            lost = lost | cropped[:, None]
        points = list(limb)
        for values, scale in ((keypoints2d, seen.metre2d), (world, torch.ones_like(seen.metre2d))):
            guess = _guess(values, points, anchor, scale, lost, settings, generator)
            values[:, :, points] = torch.where(lost[..., None, None], guess, values[:, :, points])
        visibility[:, :, points] = _less_visible(visibility[:, :, points], lost, settings, generator)
    lost = _body_spell(count, frames, frame_rate_hz, settings, generator)
    for values, scale in ((keypoints2d, seen.metre2d), (world, torch.ones_like(seen.metre2d))):
        values[:] = torch.where(lost[..., None, None], _held(values, scale, lost, settings, generator), values)
    visibility = _less_visible(visibility, lost, settings, generator)
    return Observation(keypoints2d, world, visibility, seen.metre2d)


def _less_visible(visibility: Tensor, lost: Tensor, settings: LostLimbSettings, generator: torch.Generator) -> Tensor:
    """Return visibility (N, T, K) that is lower where something is lost (N, T), by as much all along a window."""
    loss = uniform(len(visibility), settings.visibility_loss, generator)
    return (visibility - loss[:, None, None] * lost[..., None]).clamp_min(LEAST_VISIBILITY)


def _body_spell(
    count: int, frames: int, frame_rate_hz: float, settings: LostLimbSettings, generator: torch.Generator
) -> Tensor:
    """Return (N, T) bool: when everything is lost; never from the first frame on, as then nobody would be tracked."""
    spell = _spell(count, frames, frame_rate_hz, settings, generator, settings.body_share)
    return spell & ~spell[:, :1]


def _held(
    values: Tensor, scale: Tensor, lost: Tensor, settings: LostLimbSettings, generator: torch.Generator
) -> Tensor:
    """Return the whole body (N, T, 33, A) as it stood when it was last seen; arguments as in `_guess`."""
    rows, last_seen = torch.arange(len(values)), (lost.float().argmax(dim=1) - 1).clamp_min(0)
    wander = settings.wander_m * torch.randn(len(values), 1, *values.shape[2:], generator=generator)
    return values[rows, last_seen][:, None] + wander * scale[..., None]


def _spell(
    count: int,
    frames: int,
    frame_rate_hz: float,
    settings: LostLimbSettings,
    generator: torch.Generator,
    share: float | None = None,
) -> Tensor:
    """Return (N, T) bool: at most one run in each window, anywhere that it touches the window."""
    low, high = settings.lengths
    length = (torch.randint(low, high + 1, (count, 1), generator=generator) * frame_rate_hz / REFERENCE_RATE_HZ).round()
    mean = (low + high) / 2 * frame_rate_hz / REFERENCE_RATE_HZ
    chance = (settings.share if share is None else share) * (frames + mean) / mean
    chosen = torch.rand(count, 1, generator=generator) < chance
    first = (torch.rand(count, 1, generator=generator) * (frames + length - 1)).floor() - length + 1
    time = torch.arange(frames)
    return chosen & (time >= first) & (time < first + length)


def _guess(
    values: Tensor,
    points: list[int],
    anchor: int,
    scale: Tensor,
    lost: Tensor,
    settings: LostLimbSettings,
    generator: torch.Generator,
) -> Tensor:
    """Return what is reported (N, T, points, A) instead of a limb's points.

    Args:
        values: (N, T, 33, A). scale: (N, T, 1) of a metre in their unit. lost: (N, T).
    """
    count = len(values)
    offset = (values[:, :, points] - values[:, :, anchor : anchor + 1]) / scale[..., None]
    rows = torch.arange(count)
    last_seen = (lost.float().argmax(dim=1) - 1).clamp_min(0)
    # Where a spell begins with the window nobody knows where the limb was; it is somebody else's then.
    is_held = (torch.rand(count, generator=generator) < settings.held_share) & ~lost[:, 0]
    donor = torch.randperm(count, generator=generator)
    guessed = torch.where(is_held[:, None, None, None], offset[rows, last_seen][:, None], offset[donor])
    size = torch.arange(1, len(points) + 1).clamp_max(2)[:, None] / 2
    wander = settings.wander_m * size * torch.randn(count, 1, len(points), values.shape[-1], generator=generator)
    return values[:, :, anchor : anchor + 1] + (guessed + wander) * scale[..., None]
