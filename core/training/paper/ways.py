"""Ways of estimating a run of frames from its features: whole, in windows, blended, smoothed. Rows of the tables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from ...decomposed_estimator import blend_weights, window_starts
from ...skeleton import BETA_COUNT, JOINT_COUNT
from ...smoothing import POSE_CUTOFF_HZ, smooth_rot6d, smooth_series

Window = Literal["track"] | int
WINDOWS_PER_CALL: Final = 64
POSE_SIZE: Final = 6 * JOINT_COUNT


class PoseOutput(Protocol):
    """The part of a network's output that is scored."""

    @property
    def rot6d(self) -> Tensor:
        """(B, T, 24, 6) interleaved columns, not yet orthonormal."""

    @property
    def betas(self) -> Tensor:
        """(B, T, 10)"""


Estimator = Callable[[Tensor], PoseOutput]
"""Features (B, T, ...) of clips in, poses of their frames out."""


class Estimate(NamedTuple):
    """Poses of a run of T frames."""

    rot6d: Tensor
    """(T, 24, 6)"""
    betas: Tensor
    """(T, 10)"""


@dataclass(frozen=True)
class Way:
    """An estimator, and how it goes over a run.

    Attributes:
        window: `track` gives it the run at once, a number windows of that length.
        is_blended: windows overlap by half and are blended as `estimate --window` does, instead of end to end.
        is_smoothed: rotations and shape go through core.smoothing at 5 Hz afterwards, which needs no learning.
    """

    estimator: Estimator
    window: Window = "track"
    is_blended: bool = False
    is_smoothed: bool = False

    def estimate(self, features: Tensor, frame_rate_hz: float) -> Estimate:
        """Return the poses of a run of features (T, ...); T a multiple of the window where windows are end to end."""
        if self.is_blended and self.window != "track" and len(features) > self.window:
            estimate = estimate_blended(self.estimator, features, self.window)
        else:
            estimate = estimate_run(self.estimator, features, self.window)
        return smooth_estimate(estimate, frame_rate_hz) if self.is_smoothed else estimate


@torch.no_grad()
def estimate_run(estimator: Estimator, features: Tensor, window: Window) -> Estimate:
    """Return the poses of a run of features (T, ...); windows are laid end to end, T a multiple."""
    clips = features[None] if window == "track" else features.unflatten(0, (-1, window))
    output = estimator(clips)
    return Estimate(output.rot6d.flatten(0, 1), output.betas.flatten(0, 1))


@torch.no_grad()
def estimate_blended(estimator: Estimator, features: Tensor, window: int) -> Estimate:
    """Return the poses of a run of features (T, ...), T at least the window, from windows that overlap by half.

    Note: what is blended are the numbers before they are made orthonormal, as in `TemporalPrior`.
    """
    starts = window_starts(len(features), window)
    share = torch.from_numpy(blend_weights(window)).to(features)
    total, weight = features.new_zeros(len(features), POSE_SIZE + BETA_COUNT), features.new_zeros(len(features))
    for first in range(0, len(starts), WINDOWS_PER_CALL):
        chunk = starts[first : first + WINDOWS_PER_CALL]
        output = estimator(torch.stack([features[start : start + window] for start in chunk]))
        results = torch.cat([output.rot6d.flatten(2), output.betas], dim=-1)
        for start, result in zip(chunk, results, strict=True):
            total[start : start + window] += share[:, None] * result
            weight[start : start + window] += share
    rot6d, betas = (total / weight[:, None]).split([POSE_SIZE, BETA_COUNT], dim=1)
    return Estimate(rot6d.unflatten(1, (JOINT_COUNT, 6)), betas)


def smooth_estimate(estimate: Estimate, frame_rate_hz: float) -> Estimate:
    """Return an estimate with rotations and shape smoothed."""
    rot6d, betas = (values.double().cpu().numpy() for values in estimate)
    frame_ids = np.arange(len(rot6d))
    smoothed = (
        smooth_rot6d(rot6d, frame_ids, frame_rate_hz),
        smooth_series(betas, frame_ids, frame_rate_hz, POSE_CUTOFF_HZ),
    )
    return Estimate(*(torch.from_numpy(values).to(estimate.rot6d) for values in smoothed))
