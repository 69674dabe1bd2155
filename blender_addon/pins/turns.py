"""Quaternions as the pins need them: products, and the turn between two rotations. numpy only."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..axes import FloatArray


def multiply_quat_wxyz(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the products (..., 4) of quaternions (..., 4)."""
    a, b, c, d = np.moveaxis(first, -1, 0)
    w, x, y, z = np.moveaxis(second, -1, 0)
    product: FloatArray = np.stack(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ],
        axis=-1,
    )
    return product


def turn_between(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the turns (..., 3), radians, at most pi, in the frame of `start` that lead to `end`, quaternions (..., 4).

    Note: q and -q are one rotation, so their signs do not matter.
    """
    relative = multiply_quat_wxyz(start * np.array([1.0, -1.0, -1.0, -1.0]), end)
    relative = np.where(relative[..., :1] < 0, -relative, relative)
    sine = np.linalg.norm(relative[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, relative[..., :1])
    # angle / sin(angle / 2) tends to 2 at zero.
    is_tiny = sine < 1e-12
    turn: FloatArray = relative[..., 1:] * np.where(is_tiny, 2.0, angle / np.where(is_tiny, 1.0, sine))
    return turn


def angle_between(start: FloatArray, end: FloatArray) -> NDArray[np.floating[Any]]:
    """Return the angles (...), radians, between rotations (..., 4)."""
    angle: NDArray[np.floating[Any]] = np.linalg.norm(turn_between(start, end), axis=-1)
    return angle


def follow_each_other(turns: FloatArray) -> FloatArray:
    """Return the same turns (P, 3), each the way round that is nearer to the one before: half turns do not flip."""
    result = turns.copy()
    for number in range(1, len(result)):
        angle = np.linalg.norm(result[number])
        if angle < np.pi / 2:
            continue
        other = result[number] * (1 - 2 * np.pi / angle)
        before = result[number - 1]
        if np.linalg.norm(other - before) < np.linalg.norm(result[number] - before):
            result[number] = other
    return result
