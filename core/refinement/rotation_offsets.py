"""Small turns on top of given rotations: exponential map and its derivative."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

SMALL_ANGLE_SQUARED = 1e-6


def cross_matrix(vector: FloatArray) -> FloatArray:
    """Return the matrices (..., 3, 3) that multiply as the cross product with vectors (..., 3)."""
    x, y, z = np.moveaxis(vector, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vector.shape, 3)


def right_jacobian(rotvec: FloatArray) -> FloatArray:
    """Return J (..., 3, 3) with exp(rotvec + d) = exp(rotvec) exp(J d) for small d, of rotation vectors (..., 3).

    Source: Sola et al., "A micro Lie theory for state estimation in robotics", equation 143.
    """
    squared = np.square(rotvec).sum(axis=-1)[..., None, None]
    is_small = squared < SMALL_ANGLE_SQUARED
    safe = np.where(is_small, 1.0, squared)
    angle = np.sqrt(safe)
    first = np.where(is_small, 0.5 - squared / 24, (1 - np.cos(angle)) / safe)
    second = np.where(is_small, 1 / 6 - squared / 120, (angle - np.sin(angle)) / (safe * angle))
    cross = cross_matrix(rotvec)
    result: FloatArray = np.eye(3) - first * cross + second * (cross @ cross)
    return result
