"""Zero-phase smoothing of rotations and of the root: looks both ways in time, so nothing lags behind the video.

Whittaker's smoother: the series that is closest to the data and has the least acceleration. It is named by the
frequency that it halves, so it means the same at any frame rate; unlike Savitzky-Golay filters it has no side lobes
that let jitter through, and missing frames simply have no weight. Each segment between long gaps is on its own.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .rotations import rot6d_to_rotmat, rotmat_to_rot6d
from .segments import Segment, split_at_gaps

FloatArray = NDArray[np.floating[Any]]

POSE_CUTOFF_HZ: Final = 5.0
DIRECTION_CUTOFF_HZ: Final = 4.0
DEPTH_CUTOFF_HZ: Final = 1.0


def smooth_rot6d(
    rot6d: FloatArray, frame_ids: NDArray[np.int64], frame_rate_hz: float, cutoff_hz: float | None = POSE_CUTOFF_HZ
) -> NDArray[np.float64]:
    """Return smoothed rotations (T, ..., 6), orthonormal.

    Args:
        rot6d: (T, ..., 6) interleaved columns; need not be orthonormal.
        frame_ids: (T,) source frames, increasing.
        cutoff_hz: movement at this frequency keeps half its size; None only makes the rotations orthonormal.
    Note: one frame is returned as it is. Neighbours must be less than a half turn apart, which video frames are.
    """
    orthonormal = rotmat_to_rot6d(rot6d_to_rotmat(np.asarray(rot6d, np.float64)))
    if cutoff_hz is None:
        return np.asarray(orthonormal, np.float64)
    smoothed = smooth_series(orthonormal, frame_ids, frame_rate_hz, cutoff_hz)
    return np.asarray(rotmat_to_rot6d(rot6d_to_rotmat(smoothed)), np.float64)


def smooth_root(
    pelvis_cam: FloatArray,
    frame_ids: NDArray[np.int64],
    frame_rate_hz: float,
    direction_cutoff_hz: float = DIRECTION_CUTOFF_HZ,
    depth_cutoff_hz: float = DEPTH_CUTOFF_HZ,
) -> NDArray[np.float64]:
    """Return the smoothed pelvis (T, 3) in camera axes, metres.

    The depth of a weak camera is its weak side, while the direction in the image is good to a centimetre or two. So the
    logarithm of the depth is smoothed strongly and the direction (x/z, y/z) lightly: the body stays on the person.
    """
    pelvis = np.asarray(pelvis_cam, np.float64)
    depth = np.exp(smooth_series(np.log(pelvis[:, 2:]), frame_ids, frame_rate_hz, depth_cutoff_hz))
    direction = smooth_series(pelvis[:, :2] / pelvis[:, 2:], frame_ids, frame_rate_hz, direction_cutoff_hz)
    return np.concatenate([direction * depth, depth], axis=1)


def smooth_series(
    values: FloatArray, frame_ids: NDArray[np.int64], frame_rate_hz: float, cutoff_hz: float
) -> NDArray[np.float64]:
    """Return smoothed values (T, ...), T at least 0; the smoother never reaches across a long gap."""
    result = np.array(values, np.float64)
    for segment in split_at_gaps(frame_ids, frame_rate_hz):
        result[segment.rows] = _smooth_segment(result[segment.rows], segment, frame_rate_hz, cutoff_hz)
    return result


def _smooth_segment(
    values: NDArray[np.float64], segment: Segment, frame_rate_hz: float, cutoff_hz: float
) -> NDArray[np.float64]:
    """Return one segment's values (rows, ...), smoothed.

    That is the series x with the least |x - values|^2 + stiffness |second difference of x|^2.
    """
    frame_count = segment.frame_count
    if frame_count < 3:
        return values
    # The gain at frequency f is 1 / (1 + stiffness (2 sin(pi f / rate))^4): a half at the cut-off.
    stiffness = (2 * math.sin(math.pi * min(cutoff_hz / frame_rate_hz, 0.5))) ** -4
    bands = stiffness * _second_difference_bands(frame_count)
    right_side = np.zeros((frame_count, values[0].size))
    bands[2, segment.places] += 1.0
    right_side[segment.places] = values.reshape(len(values), -1)
    # Imported here, so that an estimate's start need not wait for it.
    from scipy.linalg import solveh_banded

    solved = solveh_banded(bands, right_side, check_finite=False)
    return np.asarray(segment.pick(solved).reshape(values.shape), np.float64)


def _second_difference_bands(frame_count: int) -> NDArray[np.float64]:
    """Return D^T D of the second difference D as the upper bands (3, frames) that solveh_banded wants."""
    bands = np.zeros((3, frame_count))
    for row, weight in enumerate((1.0, 4.0, 1.0)):
        bands[2, row : frame_count - 2 + row] += weight
    bands[1, 1:-1] -= 2.0
    bands[1, 2:] -= 2.0
    bands[0, 2:] = 1.0
    return bands
