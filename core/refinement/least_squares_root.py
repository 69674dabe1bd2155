"""Where the pelvis is, by the picture: the place from which the posed body's landmarks fall on the seen ones."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

ROUNDS: Final = 4
OUTLIER_M: Final = 0.05
"""A landmark this far off counts half."""
RIDGE: Final = 1e-6


def least_squares_root(points: FloatArray, image: FloatArray, trust: FloatArray) -> NDArray[np.float64]:
    """Return the pelvis (T, 3) in camera axes, metres, that puts the points where they are seen.

    Each frame is on its own: a linear least-squares problem in three unknowns, solved again with outliers held down.

    Args:
        points: (T, L, 3) metres, camera axes, the pelvis at the origin.
        image: (T, L, 2) x / z and y / z of the seen landmarks.
        trust: (T, L) at least 0, some above.
    Note: from u = (x + tx) / (z + tz) follows tx - u tz = u z - x, and likewise for v.
    """
    rows = np.zeros((*points.shape[:2], 2, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1.0
    rows[..., 2] = -image
    wanted = image * points[..., 2:] - points[..., :2]
    weight = np.asarray(trust, np.float64)[..., None]
    robust: FloatArray = np.ones_like(weight)
    for _ in range(ROUNDS):
        weighted = rows * (weight * robust)[..., None]
        normal = np.einsum("tlri,tlrj->tij", weighted, rows) + RIDGE * np.eye(3)
        right = np.einsum("tlri,tlr->ti", weighted, wanted)
        pelvis_cam = np.linalg.solve(normal, right[..., None])[..., 0]
        error_m = np.linalg.norm((rows @ pelvis_cam[:, None, :, None])[..., 0] - wanted, axis=-1, keepdims=True)
        robust = 1 / (1 + np.square(error_m / OUTLIER_M))
    return np.asarray(pelvis_cam, np.float64)
