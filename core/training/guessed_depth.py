"""How BlazePose heavy guesses depth, as it was measured on rendered people (docs/rendered_benchmark.md).

Each step along the body is guessed flatter than it is (a forearm that points at the camera by 63 % of its depth, a foot
by 29 %), with a part that is the same for everybody, left and right not alike, and with the sign wrong now and then. An
estimator that is taught with unbiased depths believes the guess where the picture's foreshortening says more.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ..skeleton import LANDMARK_COUNT
from .landmark_noise import damped_noise, mixed_noise

Weights = dict[int, float]


@dataclass(frozen=True)
class DepthStep:
    """One step: what it measures of the landmarks' depths, and how it is guessed.

    Attributes:
        measures: weights of the landmarks' depths.
        share: of the true step that is guessed.
        constant_m: what is always added.
        bias_m, slow_m: standard deviations of what a clip adds, and of what wanders in time.
        flip: chance that the sign is wrong.
    """

    measures: Weights
    share: float
    constant_m: float
    bias_m: float
    slow_m: float
    flip: float = 0.0


_STEPS: Final[dict[str, DepthStep]] = {
    "trunk": DepthStep({11: 0.5, 12: 0.5, 23: -0.5, 24: -0.5}, 0.5, -0.01, 0.055, 0.045),
    "shoulders": DepthStep({11: 1.0, 12: -1.0}, 0.8, -0.065, 0.045, 0.045),
    "hips": DepthStep({23: 1.0, 24: -1.0}, 0.9, 0.047, 0.03, 0.03),
    "nose": DepthStep({0: 1.0, 11: -0.5, 12: -0.5}, 0.8, -0.09, 0.04, 0.035),
    "left_elbow": DepthStep({13: 1.0, 11: -1.0}, 0.5, -0.014, 0.045, 0.04, 0.05),
    "right_elbow": DepthStep({14: 1.0, 12: -1.0}, 0.5, -0.046, 0.045, 0.04, 0.05),
    "left_wrist": DepthStep({15: 1.0, 13: -1.0}, 0.7, 0.07, 0.055, 0.055, 0.06),
    "right_wrist": DepthStep({16: 1.0, 14: -1.0}, 0.7, -0.03, 0.055, 0.055, 0.06),
    "left_knee": DepthStep({25: 1.0, 23: -1.0}, 0.55, 0.01, 0.06, 0.055, 0.04),
    "right_knee": DepthStep({26: 1.0, 24: -1.0}, 0.55, 0.03, 0.06, 0.055, 0.04),
    "left_ankle": DepthStep({27: 1.0, 25: -1.0}, 0.55, 0.10, 0.06, 0.05, 0.04),
    "right_ankle": DepthStep({28: 1.0, 26: -1.0}, 0.55, 0.12, 0.06, 0.05, 0.04),
    "left_heel": DepthStep({29: 1.0, 27: -1.0}, 0.13, 0.021, 0.009, 0.008),
    "right_heel": DepthStep({30: 1.0, 28: -1.0}, 0.13, -0.025, 0.009, 0.008),
    "left_toe": DepthStep({31: 1.0, 27: -1.0}, 0.3, 0.026, 0.034, 0.03, 0.05),
    "right_toe": DepthStep({32: 1.0, 28: -1.0}, 0.3, -0.036, 0.034, 0.03, 0.05),
    "left_hand": DepthStep({19: 1.0, 15: -1.0}, 0.36, 0.011, 0.016, 0.017),
    "right_hand": DepthStep({20: 1.0, 16: -1.0}, 0.36, -0.041, 0.016, 0.017),
}
_SUMS: Final[dict[int, dict[str, float]]] = {
    0: {"trunk": 1.0, "nose": 1.0}, 11: {"trunk": 1.0, "shoulders": 0.5}, 12: {"trunk": 1.0, "shoulders": -0.5},
    23: {"hips": 0.5}, 24: {"hips": -0.5},
    13: {"left_elbow": 1.0}, 14: {"right_elbow": 1.0}, 15: {"left_wrist": 1.0}, 16: {"right_wrist": 1.0},
    25: {"left_knee": 1.0}, 26: {"right_knee": 1.0}, 27: {"left_ankle": 1.0}, 28: {"right_ankle": 1.0},
    29: {"left_heel": 1.0}, 30: {"right_heel": 1.0}, 31: {"left_toe": 1.0}, 32: {"right_toe": 1.0},
    19: {"left_hand": 1.0}, 20: {"right_hand": 1.0},
}  # fmt: skip
"""Which steps make a landmark's depth, beside those of the landmark that it hangs on."""
_HANGS_ON: Final = {
    13: 11, 14: 12, 15: 13, 16: 14, 25: 23, 26: 24, 27: 25, 28: 26, 29: 27, 30: 28, 31: 27, 32: 28, 19: 15, 20: 16,
}  # fmt: skip
_GO_ALONG: Final = {17: 15, 18: 16, 21: 15, 22: 16, **dict.fromkeys((*range(1, 9), 9, 10), 0)}
"""Landmarks that lie before or behind another one by so much of the true distance as `_ALONG_SHARE`."""
_ALONG_SHARE: Final = 0.5
_BIAS_SHARE_OF_CLIPS: Final = 0.7
"""Of the clips, what is always added is added: another model, or one that looks twice, has other constants."""
CHAIN_PARTS: Final = ((0.35, 0.17), (0.55, 0.06))
"""Shares of the variance and time constants in seconds of errors along the limbs; the rest has no memory."""
_FLIP_MEMORY_S: Final = 0.2
_FLIP_SHARPNESS: Final = 4.0


def _measure_matrix() -> Tensor:
    """Return (steps, 33)."""
    matrix = torch.zeros(len(_STEPS), LANDMARK_COUNT)
    for row, step in enumerate(_STEPS.values()):
        for landmark, weight in step.measures.items():
            matrix[row, landmark] = weight
    return matrix


def _sum_matrix() -> Tensor:
    """Return (33, steps); zero for the landmarks that go along with others."""
    names = list(_STEPS)
    matrix = torch.zeros(LANDMARK_COUNT, len(names))
    for landmark, steps in _SUMS.items():
        if landmark in _HANGS_ON:
            matrix[landmark] = matrix[_HANGS_ON[landmark]]
        for name, weight in steps.items():
            matrix[landmark, names.index(name)] += weight
    return matrix


_MEASURES, _SUM = _measure_matrix(), _sum_matrix()
_SHARE, _CONSTANT, _BIAS, _SLOW, _FLIP = (
    torch.tensor([getattr(step, name) for step in _STEPS.values()])
    for name in ("share", "constant_m", "bias_m", "slow_m", "flip")
)
_FLIP_QUANTILE = torch.special.ndtri(_FLIP.double().clamp(1e-9, 0.5)).float()


def mean_guess_matrix() -> Tensor:
    """Return (33, 33): depths, from the middle of the hips, to those that are guessed on average, without constants."""
    matrix = _SUM @ (_SHARE[:, None] * _MEASURES)
    identity = torch.eye(LANDMARK_COUNT)
    for landmark, carrier in _GO_ALONG.items():
        matrix[landmark] = matrix[carrier] + _ALONG_SHARE * (identity[landmark] - identity[carrier])
    return matrix


def guessed_depth(depth: Tensor, amplitude: Tensor, frame_rate_hz: float, generator: torch.Generator) -> Tensor:
    """Return the depths (N, T, 33) that are guessed of true ones, metres, relative to the middle of the hips.

    Args:
        depth: (N, T, 33) true. amplitude: (N, 1, 1) of what is wrong at random.
    """
    count, frames = depth.shape[:2]
    shape = torch.Size((count, frames, len(_STEPS)))
    steps = torch.einsum("sl,ntl->nts", _MEASURES, depth)
    wander = mixed_noise(shape, CHAIN_PARTS, frame_rate_hz, generator)
    has_constants = (torch.rand(count, 1, 1, generator=generator) < _BIAS_SHARE_OF_CLIPS).float()
    bias = _BIAS * torch.randn(count, 1, len(_STEPS), generator=generator)
    mood = damped_noise((count, len(_STEPS)), frames, frame_rate_hz, _FLIP_MEMORY_S, generator)
    sign = torch.tanh(_FLIP_SHARPNESS * (mood - _FLIP_QUANTILE))
    guessed = _SHARE * sign * steps + _CONSTANT * has_constants + amplitude * (bias + _SLOW * wander)
    result = torch.einsum("ls,nts->ntl", _SUM, guessed)
    for landmark, carrier in _GO_ALONG.items():
        result[..., landmark] = result[..., carrier] + _ALONG_SHARE * (depth[..., landmark] - depth[..., carrier])
    return result
