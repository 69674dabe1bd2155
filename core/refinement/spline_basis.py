"""Uniform cubic B-splines over time: weights of a series' frames, and normal equations that are banded in time."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

ORDER: Final = 4
"""Coefficients that a point in time depends on."""


class SplineBasis:
    """Even knots over T even frames.

    Args:
        frame_count: T, at least 1.
        knot_spacing_s: about; the knots are made to fit the duration.
    Attributes:
        size: number of coefficients.
        weights, slopes, bends: (T, 4) by which the four coefficients of a frame's interval count for the value, and for
            its first and second derivatives by frame.
    """

    def __init__(self, frame_count: int, frame_rate_hz: float, knot_spacing_s: float) -> None:
        last = max(frame_count - 1, 1)
        interval_count = max(1, round(last / frame_rate_hz / knot_spacing_s))
        place = np.arange(frame_count) * (interval_count / last)
        self._interval = np.minimum(place.astype(int), interval_count - 1)
        self.size = interval_count + ORDER - 1
        u, step = place - self._interval, interval_count / last
        v = 1 - u
        self.weights = np.stack([v**3, 3 * u**3 - 6 * u**2 + 4, 3 * v**3 - 6 * v**2 + 4, u**3], axis=1) / 6
        self.slopes = np.stack([-(v**2), 3 * u**2 - 4 * u, 4 * v - 3 * v**2, u**2], axis=1) * (step / 2)
        self.bends = np.stack([v, 3 * u - 2, 3 * v - 2, u], axis=1) * step**2
        self._bounds = np.searchsorted(self._interval, np.arange(interval_count + 1))

    def values(self, coefficients: FloatArray) -> FloatArray:
        """Return the series (T, P) of coefficients (size, P)."""
        return self._sum(self.weights, coefficients)

    def gather(self, gradient: FloatArray, weights: FloatArray | None = None) -> FloatArray:
        """Return the gradient (size, P) by the coefficients of one (T, P) by the series."""
        result = np.zeros((self.size, gradient.shape[1]))
        for interval in range(self.size - ORDER + 1):
            frames = slice(self._bounds[interval], self._bounds[interval + 1])
            chosen = self.weights if weights is None else weights
            result[interval : interval + ORDER] += chosen[frames].T @ gradient[frames]
        return result

    def add_curvature(self, blocks: FloatArray, curvature: FloatArray, weights: FloatArray) -> None:
        """Add a curvature (T, P, P) by the series, or by a derivative of it, to the blocks (size, 4, P, P).

        Args:
            blocks: `blocks[k, o]` is the second derivative by the coefficients k and k + o.
            weights: (T, 4), `weights`, `slopes` or `bends`.
        """
        flat = curvature.reshape(len(curvature), -1)
        for interval in range(self.size - ORDER + 1):
            frames = slice(self._bounds[interval], self._bounds[interval + 1])
            pairs = weights[frames, :, None] * weights[frames, None]
            summed = (pairs.reshape(-1, ORDER * ORDER).T @ flat[frames]).reshape(ORDER, ORDER, *curvature.shape[1:])
            for first in range(ORDER):
                blocks[interval + first, : ORDER - first] += summed[first, first:]

    def _sum(self, weights: FloatArray, coefficients: FloatArray) -> FloatArray:
        index = self._interval[:, None] + np.arange(ORDER)
        result: FloatArray = (weights[:, None] @ coefficients[index])[:, 0]
        return result


def solve_blocks(blocks: FloatArray, right_side: FloatArray) -> FloatArray:
    """Return x (K, P) with H x = right_side (K, P), H positive definite in blocks (K, 4, P, P), upper half.

    Raises:
        numpy.linalg.LinAlgError: H is not positive definite.
    """
    count, _, size, _ = blocks.shape
    width = ORDER * size - 1
    banded = np.zeros((width + 1, count * size))
    row, column = np.arange(size)[:, None], np.arange(size)
    for offset in range(min(ORDER, count)):
        # Element (a, b) of block (k, k + o) lies at row `width - o size + a - b` of the column (k + o) size + b.
        kept = row <= column if offset == 0 else np.ones((size, size), bool)
        rows = (width - offset * size + row - column)[kept]
        first = np.arange(offset, count)[:, None] * size + np.broadcast_to(column, (size, size))[kept]
        banded[rows, first] = blocks[: count - offset, offset][:, kept]
    # Imported here, so that an estimate's start need not wait for it.
    from scipy.linalg import cho_solve_banded, cholesky_banded

    factor = cholesky_banded(banded, overwrite_ab=True, check_finite=False)
    solved = cho_solve_banded((factor, False), right_side.reshape(-1), check_finite=False)
    return np.asarray(solved.reshape(count, size))
