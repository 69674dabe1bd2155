import numpy as np
import pytest

from core.refinement.spline_basis import ORDER, SplineBasis, solve_blocks


@pytest.mark.parametrize("frame_count", [1, 2, 7, 40])
def test_the_weights_make_a_cubic_spline(frame_count):
    basis = SplineBasis(frame_count, 30.0, 0.15)
    ones = basis.values(np.ones((basis.size, 2)))
    np.testing.assert_allclose(ones, 1)
    place = np.arange(basis.size, dtype=float)[:, None]
    if frame_count > 2:
        # A straight row of coefficients is a straight line, a parabola has an even second difference.
        np.testing.assert_allclose(np.diff(basis.values(place), n=2, axis=0), 0, atol=1e-9)
        bent = np.diff(basis.values(place**2), n=2, axis=0)
        np.testing.assert_allclose(bent, np.broadcast_to(bent[:1], bent.shape), atol=1e-9)


def test_slopes_and_bends_are_the_derivatives_by_frame():
    fine, coarse = SplineBasis(601, 300.0, 0.15), SplineBasis(61, 30.0, 0.15)
    coefficients = np.random.default_rng(0).normal(size=(coarse.size, 1))
    assert fine.size == coarse.size
    values = fine.values(coefficients)[:, 0]
    slope = (coarse.slopes[:, None] @ coefficients[coarse._interval[:, None] + np.arange(ORDER)])[:, 0, 0]
    bend = (coarse.bends[:, None] @ coefficients[coarse._interval[:, None] + np.arange(ORDER)])[:, 0, 0]
    np.testing.assert_allclose(slope[1:-1], 10 * (values[11:-9:10] - values[9:-11:10]) / 2, atol=2e-3)
    second = values[11:-9:10] - 2 * values[10:-10:10] + values[9:-11:10]
    np.testing.assert_allclose(bend[1:-1], 100 * second, atol=5e-2)


def test_gathering_is_the_transpose_of_summing():
    basis, random = SplineBasis(33, 30.0, 0.2), np.random.default_rng(1)
    coefficients, gradient = random.normal(size=(basis.size, 3)), random.normal(size=(33, 3))
    assert (basis.values(coefficients) * gradient).sum() == pytest.approx((basis.gather(gradient) * coefficients).sum())


def test_the_banded_solution_is_that_of_the_full_matrix():
    basis, random = SplineBasis(25, 30.0, 0.15), np.random.default_rng(2)
    roots = random.normal(size=(25, 5, 5))
    blocks = np.zeros((basis.size, ORDER, 5, 5))
    basis.add_curvature(blocks, roots @ np.swapaxes(roots, 1, 2) + np.eye(5), basis.weights)
    full = np.zeros((basis.size * 5, basis.size * 5))
    for first in range(basis.size):
        for offset in range(min(ORDER, basis.size - first)):
            rows, columns = slice(5 * first, 5 * first + 5), slice(5 * (first + offset), 5 * (first + offset) + 5)
            full[rows, columns] = blocks[first, offset]
            full[columns, rows] = blocks[first, offset].T
    right_side = random.normal(size=(basis.size, 5))
    np.testing.assert_allclose(
        solve_blocks(blocks, right_side).ravel(), np.linalg.solve(full, right_side.ravel()), rtol=1e-6, atol=1e-8
    )
