import numpy as np
import pytest
from jointwise_ext.blender_addon.pins.least_squares import BAND, BLOCK_COLUMNS, solve_banded


def dense_solve(coefficients, is_fixed, values):
    """The same with one dense matrix, row by row."""
    frame_count = len(values)
    rows = []
    for kind in coefficients:
        for frame in range(frame_count):
            row = np.zeros(frame_count + BAND)
            row[frame : frame + BAND] = kind[frame]
            rows.append(row[:frame_count])
    matrix = np.array(rows)
    known = np.where(is_fixed[:, None], values, 0.0)
    result = known.copy()
    result[~is_fixed] = np.linalg.lstsq(matrix[:, ~is_fixed], -matrix @ known, rcond=None)[0]
    return result


@pytest.mark.parametrize("frame_count", [1, 2, 3, 4, 5, BLOCK_COLUMNS, BLOCK_COLUMNS + 1, 3 * BLOCK_COLUMNS + 2, 150])
def test_it_is_the_dense_solution(frame_count):
    rng = np.random.default_rng(frame_count)
    coefficients = rng.normal(size=(3, frame_count, BAND))
    for shift in range(1, BAND):
        coefficients[:, max(frame_count - shift, 0) :, shift] = 0.0
    is_fixed = rng.uniform(size=frame_count) < 0.2
    is_fixed[0] = True
    values = np.where(is_fixed[:, None], rng.normal(size=(frame_count, 3)), 0.0)
    solved = solve_banded(coefficients, is_fixed, values)
    assert np.allclose(solved, dense_solve(coefficients, is_fixed, values), atol=1e-9)
    assert np.array_equal(solved[is_fixed], values[is_fixed])


def test_all_fixed_is_returned():
    values = np.arange(12.0).reshape(4, 3)
    assert np.array_equal(solve_banded(np.zeros((1, 4, BAND)), np.ones(4, bool), values), values)
