"""Smoothing without lag, in numpy alone: Whittaker's smoother, as the core's smoothing.py, which needs scipy.

The series that is closest to the data and has the least acceleration. Named by the period of the movement that it
halves, so it means the same at any frame rate. Nothing reaches across a long gap.
"""

import math
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.segments import Segment, split_at_gaps
from ..axes import FloatArray

BLOCK_ROWS: Final = 48
"""Frames that are solved at once; measured the fastest on 10,000 frames."""


def smooth_quats(
    quats_wxyz: FloatArray, frame_ids: NDArray[np.integer[Any]], frame_rate_hz: float, period_s: float
) -> FloatArray:
    """Return smoothed unit quaternions (T, N, 4).

    Args:
        quats_wxyz: (T, N, 4), neighbours in time on one hemisphere.
        frame_ids: (T,) source frames, increasing.
        period_s: a swing of this period keeps half its size; 0 returns the input.
    """
    if period_s <= 0:
        return quats_wxyz
    smoothed = smooth_series(quats_wxyz, frame_ids, frame_rate_hz, period_s)
    unit: FloatArray = smoothed / np.linalg.norm(smoothed, axis=-1, keepdims=True)
    return unit


def smooth_series(
    values: FloatArray, frame_ids: NDArray[np.integer[Any]], frame_rate_hz: float, period_s: float
) -> FloatArray:
    """Return smoothed values (T, ...); constants and straight lines stay as they are, and so do fewer than 3 frames.

    Args:
        frame_ids: (T,) source frames, increasing.
        period_s: a swing of this period keeps half its size; 0 returns the input.
    """
    if period_s <= 0:
        return values
    result = np.array(values, np.float64)
    for segment in split_at_gaps(frame_ids.astype(np.int64), frame_rate_hz):
        result[segment.rows] = _smooth_segment(result[segment.rows], segment, frame_rate_hz, period_s)
    return result


def _smooth_segment(values: FloatArray, segment: Segment, frame_rate_hz: float, period_s: float) -> FloatArray:
    """Return one segment's values (rows, ...): the x with the least |x - values|^2 + stiffness |x''|^2."""
    frame_count = segment.frame_count
    if frame_count < 3:
        return values
    # The gain at frequency f is 1 / (1 + stiffness (2 sin(pi f / rate))^4): a half at the period.
    stiffness = (2 * math.sin(math.pi * min(1 / (period_s * frame_rate_hz), 0.5))) ** -4
    diagonal, first, second = (stiffness * band for band in _second_difference_bands(frame_count))
    right_side = np.zeros((frame_count, values[0].size))
    # Missing frames have no weight.
    diagonal[segment.places] += 1.0
    right_side[segment.places] = values.reshape(len(values), -1)
    _solve_pentadiagonal(diagonal, first, second, right_side)
    return segment.pick(right_side).reshape(values.shape)


def _second_difference_bands(frame_count: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the diagonal (F,) of D^T D for the second difference D, and its two bands above (F-1,), (F-2,)."""
    diagonal, first = np.zeros(frame_count), np.zeros(frame_count - 1)
    for row, weight in enumerate((1.0, 4.0, 1.0)):
        diagonal[row : frame_count - 2 + row] += weight
    first[:-1] -= 2.0
    first[1:] -= 2.0
    return diagonal, first, np.ones(frame_count - 2)


def _solve_pentadiagonal(diagonal: FloatArray, first: FloatArray, second: FloatArray, values: FloatArray) -> None:
    """Solve A x = values (F, C) in place for a symmetric positive A with five bands, F at least 3.

    By block elimination: neighbouring blocks share only the last two rows of one and the first two of the other. Away
    from ends and gaps all blocks soon are the same one, so few have to be inverted.
    """
    block_count = max(len(diagonal) // BLOCK_ROWS, 1)
    bounds = [*(BLOCK_ROWS * number for number in range(block_count)), len(diagonal)]
    blocks = [slice(start, end) for start, end in pairwise(bounds)]
    couplings: list[FloatArray] = []
    corner: FloatArray = np.zeros((2, 2))
    inverted: FloatArray = np.zeros((0, 0))
    inverse: FloatArray = inverted
    for rows in blocks:
        matrix = _block(diagonal, first, second, rows)
        if couplings:
            before = rows.start
            matrix[:2, :2] -= corner.T @ couplings[-1][-2:]
            values[before : before + 2] -= corner.T @ values[before - 2 : before]
        corner = _corner(first, second, rows.stop)
        if not _is_same(matrix, inverted):
            inverted, inverse = matrix, np.linalg.inv(matrix)
        couplings.append(inverse[:, -2:] @ corner)
        values[rows] = inverse @ values[rows]
    for rows, coupling in zip(blocks[-2::-1], couplings[-2::-1], strict=True):
        values[rows] -= coupling @ values[rows.stop : rows.stop + 2]


def _is_same(matrix: FloatArray, other: FloatArray) -> bool:
    return matrix.shape == other.shape and bool(np.abs(matrix - other).max() <= 1e-14 * np.abs(matrix).max())


def _block(diagonal: FloatArray, first: FloatArray, second: FloatArray, rows: slice) -> FloatArray:
    """Return the square block of a matrix with five bands at some rows, two or more."""
    above = np.diag(first[rows.start : rows.stop - 1], 1) + np.diag(second[rows.start : rows.stop - 2], 2)
    block: FloatArray = np.diag(diagonal[rows]) + above + above.T
    return block


def _corner(first: FloatArray, second: FloatArray, row: int) -> FloatArray:
    """Return (2, 2): how the two rows before `row` go with the two from it on; zeros at the end."""
    if row > len(first):
        return np.zeros((2, 2))
    return np.array([[second[row - 2], 0.0], [first[row - 1], second[row - 1]]])


def smoothstep(share: FloatArray) -> FloatArray:
    """Return shares, clipped to 0..1, with a soft start and a soft end."""
    inside = np.clip(share, 0.0, 1.0)
    soft: FloatArray = np.square(inside) * (3 - 2 * inside)
    return soft
