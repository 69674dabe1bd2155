"""Least squares with a narrow band: each row touches at most four neighbouring unknowns. numpy only.

By orthogonal elimination of one block after the other, not by normal equations: the rows that keep a correction smooth
are a million times as heavy as others, and squared that would leave no digits.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..axes import FloatArray

BAND: Final = 4
BLOCK_COLUMNS: Final = 32


def solve_banded(coefficients: FloatArray, is_fixed: NDArray[np.bool_], values: FloatArray) -> FloatArray:
    """Return x (F, C) with the least sum of squares of all rows, exactly `values` where it is fixed.

    Args:
        coefficients: (K, F, 4); row k, f is the sum over i of coefficients[k, f, i] x[f + i]; rows that would reach
            beyond F must be zero there. Together with what is fixed they must leave nothing undetermined.
        is_fixed: (F,).
        values: (F, C) where fixed; elsewhere zero.
    """
    rows, right_side = _without_fixed(coefficients, is_fixed, values)
    frame_count, channels = values.shape
    carried = np.zeros((BAND - 1, BAND - 1 + channels))
    solved: list[tuple[slice, FloatArray]] = []
    for start in range(0, frame_count, BLOCK_COLUMNS):
        block = slice(start, min(start + BLOCK_COLUMNS, frame_count))
        width = block.stop - block.start
        reduced = _triangle(_block_rows(rows[:, block], right_side[:, block], carried))
        carried = reduced[width : width + BAND - 1, width:]
        solved.append((block, reduced[:width]))
    return _substitute_back(solved, frame_count, channels)


def _triangle(rows: FloatArray) -> FloatArray:
    """Return the upper triangular rows with the same sums of squares."""
    triangle: FloatArray = np.asarray(np.linalg.qr(rows, mode="r"))
    return triangle


def _without_fixed(
    coefficients: FloatArray, is_fixed: NDArray[np.bool_], values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the rows (K, F, 4) without the fixed unknowns and their right sides (K, F, C), and rows that fix them."""
    padded_fixed = np.concatenate([is_fixed, np.zeros(BAND, bool)])
    padded_values = np.concatenate([values, np.zeros((BAND, values.shape[1]))])
    rows = coefficients.copy()
    right_side = np.zeros((*coefficients.shape[:2], values.shape[1]))
    for shift in range(BAND):
        known = padded_fixed[shift : shift + len(values)]
        there = padded_values[shift : shift + len(values)]
        right_side -= (rows[:, :, shift] * known)[..., None] * there
        rows[:, known, shift] = 0.0
    # No other row touches an unknown that is fixed, so one of its own must say what it is.
    own = np.zeros((1, len(values), BAND))
    own[0, is_fixed, 0] = 1.0
    own_right = np.where(is_fixed[:, None], values, 0.0)[None]
    return np.concatenate([own, rows]), np.concatenate([own_right, right_side])


def _block_rows(rows: FloatArray, right_side: FloatArray, carried: FloatArray) -> FloatArray:
    """Return the dense rows of a block: what was carried on, its own (K, B, 4), and their right sides (K, B, C)."""
    kinds, width = rows.shape[:2]
    columns = width + BAND - 1
    dense = np.zeros((len(carried) + kinds * width, columns + right_side.shape[2]))
    dense[: len(carried), : BAND - 1] = carried[:, : BAND - 1]
    dense[: len(carried), columns:] = carried[:, BAND - 1 :]
    places = np.arange(kinds * width)
    for shift in range(BAND):
        dense[len(carried) + places, places % width + shift] = rows[:, :, shift].ravel()
    dense[len(carried) :, columns:] = right_side.reshape(kinds * width, -1)
    return dense


def _substitute_back(solved: list[tuple[slice, FloatArray]], frame_count: int, channels: int) -> FloatArray:
    """Return x (F, C) of blocks of triangular rows, each with the three unknowns that follow it."""
    result = np.zeros((frame_count + BAND - 1, channels))
    for block, reduced in reversed(solved):
        width = block.stop - block.start
        following = result[block.stop : block.stop + BAND - 1]
        right_side = reduced[:, width + BAND - 1 :] - reduced[:, width : width + BAND - 1] @ following
        result[block] = np.linalg.solve(reduced[:, :width], right_side)
    return result[:frame_count]
