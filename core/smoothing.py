"""Zero-phase smoothing of rotations and of the root: looks both ways in time, so nothing lags behind the video.

Savitzky-Golay filters (a cubic through each window): peaks keep their height far better than under a running mean.
Each segment between long gaps is smoothed on its own; short gaps are bridged for the filter and stay missing rows.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from .rotations import rot6d_to_rotmat, rotmat_to_rot6d
from .segments import split_at_gaps

FloatArray = NDArray[np.floating[Any]]

POSE_WINDOW_S: Final = 0.25
DIRECTION_WINDOW_S: Final = 0.35
DEPTH_WINDOW_S: Final = 1.0
_DEGREE: Final = 3


def smooth_rot6d(
    rot6d: FloatArray, frame_ids: NDArray[np.int64], frame_rate_hz: float, window_s: float = POSE_WINDOW_S
) -> NDArray[np.float64]:
    """Return smoothed rotations (T, ..., 6), orthonormal.

    Args:
        rot6d: (T, ..., 6) interleaved columns; need not be orthonormal.
        frame_ids: (T,) source frames, increasing.
        window_s: length of the filter in seconds; 0 only makes the rotations orthonormal.
    Note: 1 frame is returned as it is. Neighbours must be less than a half turn apart, which video frames are.
    """
    orthonormal = rotmat_to_rot6d(rot6d_to_rotmat(np.asarray(rot6d, np.float64)))
    smoothed = smooth_series(orthonormal, frame_ids, frame_rate_hz, window_s)
    return rotmat_to_rot6d(rot6d_to_rotmat(smoothed)).astype(np.float64)


def smooth_root(
    pelvis_cam: FloatArray,
    frame_ids: NDArray[np.int64],
    frame_rate_hz: float,
    direction_window_s: float = DIRECTION_WINDOW_S,
    depth_window_s: float = DEPTH_WINDOW_S,
) -> NDArray[np.float64]:
    """Return the smoothed pelvis (T, 3) in camera axes, metres.

    The depth of a weak camera is its weak side, while the direction in the image is good to a centimetre or two. So the
    logarithm of the depth gets a long window and the direction (x/z, y/z) a short one: the body stays on the person.
    """
    pelvis = np.asarray(pelvis_cam, np.float64)
    depth = np.exp(smooth_series(np.log(pelvis[:, 2:]), frame_ids, frame_rate_hz, depth_window_s))
    direction = smooth_series(pelvis[:, :2] / pelvis[:, 2:], frame_ids, frame_rate_hz, direction_window_s)
    return np.concatenate([direction * depth, depth], axis=1)


def smooth_series(
    values: FloatArray, frame_ids: NDArray[np.int64], frame_rate_hz: float, window_s: float
) -> NDArray[np.float64]:
    """Return smoothed values (T, ...); the filter never reaches across a long gap."""
    result = np.array(values, np.float64)
    for segment in split_at_gaps(frame_ids, frame_rate_hz):
        dense = np.asarray(segment.bridge(values), np.float64)
        result[segment.rows] = segment.pick(savitzky_golay(dense, frame_rate_hz, window_s))
    return result


def savitzky_golay(values: FloatArray, frame_rate_hz: float, window_s: float) -> NDArray[np.float64]:
    """Return values (T, ...) filtered along the first axis; evenly spaced, any T.

    Note: the window is the nearest odd number of frames, at most T; where it holds no more points than the cubic has
    coefficients, nothing is smoothed.
    """
    window = round(window_s * frame_rate_hz) | 1
    longest = len(values) if len(values) % 2 else len(values) - 1
    window = min(window, longest)
    if window <= _DEGREE + 1:
        return np.array(values, np.float64)
    filtered: NDArray[np.float64] = savgol_filter(np.asarray(values, np.float64), window, _DEGREE, axis=0)
    return filtered
