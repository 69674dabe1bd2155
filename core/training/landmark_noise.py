"""The error of BlazePose's landmarks as a random process: slow, correlated along the limbs, three times worse in depth.

Amplitudes and autocorrelations were measured on a real clip (docs/estimator.md).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..skeleton import LANDMARK_COUNT
from .torch_rotations import rotvec_to_rotmat


@dataclass(frozen=True)
class NoiseSettings:
    """Amplitudes of the landmark error; the defaults are the measured ones."""

    joint_time_constant_s: float = 0.085
    rotation_time_constant_s: float = 0.1
    image_time_constant_s: float = 0.06
    amplitude_log_std: float = 0.35
    scale_log_std: float = 0.04
    rotation_bias_rad: float = 0.085
    rotation_slow_rad: float = 0.08


# (landmark, the landmark it hangs on, error in depth of the step between them in metres); in-plane is 0.36 of it.
_CHAIN: tuple[tuple[int, int | None, float], ...] = (
    (0, None, 0.050), (7, 0, 0.012), (8, 0, 0.012),
    (11, None, 0.045), (12, None, 0.045), (13, 11, 0.060), (14, 12, 0.060), (15, 13, 0.085), (16, 14, 0.085),
    (17, 15, 0.02), (18, 16, 0.02), (19, 15, 0.02), (20, 16, 0.02), (21, 15, 0.015), (22, 16, 0.015),
    (23, None, 0.010), (24, None, 0.010), (25, 23, 0.045), (26, 24, 0.045), (27, 25, 0.065), (28, 26, 0.065),
    (29, 27, 0.018), (30, 28, 0.018), (31, 27, 0.035), (32, 28, 0.035),
)  # fmt: skip
_AXIS_SHARE = (0.36, 0.36, 1.0)
_BIAS_SHARE, _SLOW_SHARE = 0.75, 0.85
_WHITE_M = (0.0042, 0.0045, 0.0117)
_WHITE_SHARE = 0.55
_ROTATION_AXES = (1.0, 1.1, 0.45)
# Image error in person heights: fixed per clip, slow, white.
_IMAGE_BIAS, _IMAGE_SLOW, _IMAGE_WHITE = 0.0062, 0.0080, 0.00154


def _extremity_factor() -> Tensor:
    """(33, 1) how much worse wrists, hands and feet are than the trunk."""
    factor = torch.ones(LANDMARK_COUNT, 1)
    factor[[15, 16]] = 1.6
    factor[17:23] = 1.9
    factor[[23, 24]] = 1.1
    factor[29:33] = 1.2
    return factor


def _chain_matrix() -> Tensor:
    """(33, steps) which steps of the chain each landmark's error sums up."""
    rows = torch.zeros(LANDMARK_COUNT, len(_CHAIN))
    for step, (landmark, parent, _) in enumerate(_CHAIN):
        if parent is not None:
            rows[landmark] = rows[parent]
        rows[landmark, step] = 1.0
    rows[1:7] = rows[0]
    rows[9:11] = rows[0]
    # The hips' error is a turn about their middle, which stays the origin.
    rows[24] = -rows[23]
    return rows


_EXTREMITY = _extremity_factor()
_CHAIN_MATRIX = _chain_matrix()
_STEP_SIZE = torch.tensor([size for _, _, size in _CHAIN])[:, None] * torch.tensor(_AXIS_SHARE)


def damped_noise(
    shape: tuple[int, ...], frame_count: int, frame_rate_hz: float, time_constant_s: float, generator: torch.Generator
) -> Tensor:
    """Return stationary, critically damped AR(2) noise of unit variance.

    Args:
        shape: (N, ...) of one frame.
    Returns:
        (N, T, ...). The autocorrelation at lag k is r^k (1 + k (1 - r^2) / (1 + r^2)) with
        r = exp(-1 / (frame rate x time constant)).
    Note: AR(1) noise of the same memory would be far too rough from frame to frame.
    """
    r = math.exp(-1.0 / (frame_rate_hz * time_constant_s))
    step_std = math.sqrt((1 - r * r) ** 3 / (1 + r * r))
    drawn = torch.randn((frame_count + 1, *shape), generator=generator)
    # Start in the joint stationary distribution of the driving AR(1) process and the output.
    drive_variance = step_std**2 / (1 - r * r)
    covariance = drive_variance / (1 - r * r)
    value = drawn[0]
    drive = covariance * value + math.sqrt(drive_variance - covariance**2) * drawn[1]
    values = [value]
    for step in drawn[2:]:
        drive = r * drive + step_std * step
        value = r * value + drive
        values.append(value)
    return torch.stack(values, dim=1)


def mixed_noise(
    shape: torch.Size, parts: tuple[tuple[float, float], ...], frame_rate_hz: float, generator: torch.Generator
) -> Tensor:
    """Return noise (N, T, ...) of unit variance: slow ones of some share and time constant, the rest without memory."""
    count, frames, *rest = shape
    white = max(0.0, 1 - sum(share for share, _ in parts))
    total: Tensor = white**0.5 * torch.randn(shape, generator=generator)
    for share, time_constant_s in parts:
        slow = damped_noise((count, *rest), frames, frame_rate_hz, time_constant_s, generator)
        total = total + share**0.5 * slow
    return total


def noisy_world_landmarks(
    landmarks: Tensor, degradation: Tensor, frame_rate_hz: float, settings: NoiseSettings, generator: torch.Generator
) -> Tensor:
    """Return world landmarks (N, T, 33, 3) as the landmark network would report them.

    Args:
        landmarks: (N, T, 33, 3) true, hip-rooted, camera axes, metres.
        degradation: (N, T, 33) factor on the error (1 for a clearly seen landmark).
    """
    count, frames = landmarks.shape[:2]
    steps = len(_CHAIN)
    slow = damped_noise((count, steps, 3), frames, frame_rate_hz, settings.joint_time_constant_s, generator)
    bias = torch.randn(count, 1, steps, 3, generator=generator)
    along_chain = (_BIAS_SHARE * bias + _SLOW_SHARE * slow) * _STEP_SIZE
    error = torch.einsum("ls,ntsa->ntla", _CHAIN_MATRIX, along_chain)
    white = torch.randn(landmarks.shape, generator=generator) * torch.tensor(_WHITE_M) * _WHITE_SHARE
    error = (error + white * _EXTREMITY) * degradation[..., None]
    turn_slow = damped_noise((count, 3), frames, frame_rate_hz, settings.rotation_time_constant_s, generator)
    turn_bias = torch.randn(count, 1, 3, generator=generator)
    turn = settings.rotation_bias_rad * turn_bias + settings.rotation_slow_rad * turn_slow
    rotation = rotvec_to_rotmat(turn * torch.tensor(_ROTATION_AXES))
    scale = torch.exp(settings.scale_log_std * torch.randn(count, 1, 1, 1, generator=generator))
    return (landmarks @ rotation.transpose(-1, -2)) * scale + error


def image_error(
    degradation: Tensor, frame_rate_hz: float, settings: NoiseSettings, generator: torch.Generator
) -> Tensor:
    """Return the error (N, T, 33, 2) of the 2-D landmarks in person heights, for a degradation (N, T, 33)."""
    count, frames = degradation.shape[:2]
    shape = (count, LANDMARK_COUNT, 2)
    slow = damped_noise(shape, frames, frame_rate_hz, settings.image_time_constant_s, generator) * _EXTREMITY
    bias = torch.randn(count, 1, LANDMARK_COUNT, 2, generator=generator)
    white = torch.randn(count, frames, LANDMARK_COUNT, 2, generator=generator) * _EXTREMITY
    return (_IMAGE_BIAS * bias + _IMAGE_SLOW * slow + _IMAGE_WHITE * white) * degradation[..., None]


def clip_amplitude(count: int, settings: NoiseSettings, generator: torch.Generator) -> Tensor:
    """Return (N, 1, 1): some clips are easy, some are hard."""
    return torch.exp(settings.amplitude_log_std * torch.randn(count, 1, 1, generator=generator))
