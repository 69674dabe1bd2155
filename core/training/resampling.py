"""Rotations and positions at another frame rate."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz

FloatArray = NDArray[np.floating[Any]]

_SAME_STEP_TOLERANCE: Final = 0.002
"""A ratio of rates this near to a whole number is that number: file headers round their frame times."""


def source_times(frame_count: int, source_rate_hz: float, frame_rate_hz: float) -> FloatArray:
    """Return the times (N,), in source frames, of the frames at another rate; the first frame is kept."""
    step = source_rate_hz / frame_rate_hz
    if step >= 1 and abs(step - round(step)) < _SAME_STEP_TOLERANCE * step:
        step = round(step)
    return np.arange(int((frame_count - 1) / step + 1e-9) + 1) * step


def sample_positions(positions: FloatArray, times: FloatArray) -> FloatArray:
    """Return positions (N, ...) at times (N,) in frames, straight between neighbours."""
    before, after, share = _neighbours(len(positions), times)
    share = share.reshape(-1, *[1] * (positions.ndim - 1))
    return (1 - share) * positions[before] + share * positions[after]


def sample_rotations(rotmat: FloatArray, times: FloatArray) -> FloatArray:
    """Return rotation matrices (N, ..., 3, 3) at times (N,) in frames, along the shortest arc between neighbours."""
    before, after, share = _neighbours(len(rotmat), times)
    if not share.any():
        return rotmat[before]
    start, end = rotmat_to_quat_wxyz(rotmat[before]), rotmat_to_quat_wxyz(rotmat[after])
    dots = (start * end).sum(axis=-1, keepdims=True)
    end, dots = np.where(dots < 0, -end, end), np.abs(dots)
    angle = np.arccos(np.clip(dots, 0.0, 1.0))
    share = share.reshape(-1, *[1] * (start.ndim - 1))
    sine = np.sin(angle)
    is_turning = sine > 1e-6
    safe_sine = np.where(is_turning, sine, 1.0)
    weight_start = np.where(is_turning, np.sin((1 - share) * angle) / safe_sine, 1 - share)
    weight_end = np.where(is_turning, np.sin(share * angle) / safe_sine, share)
    return quat_wxyz_to_rotmat(weight_start * start + weight_end * end)


def _neighbours(frame_count: int, times: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Return for each time the frames before and after it and the share of the way between them."""
    before = np.minimum(np.floor(times).astype(np.int64), frame_count - 1)
    return before, np.minimum(before + 1, frame_count - 1), times - before
