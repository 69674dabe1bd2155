"""Smallest rotations between directions, in numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.rotations import rotvec_to_rotmat

FloatArray = NDArray[np.floating[Any]]


def unit(vectors: FloatArray) -> FloatArray:
    """Return vectors (..., 3) at length 1; zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = vectors / np.maximum(lengths, 1e-12)
    return scaled


def shortest_arc(start: FloatArray, end: FloatArray, axis: FloatArray | None = None) -> FloatArray:
    """Return the smallest rotations (..., 3, 3) that turn directions `start` (..., 3) to `end` (..., 3).

    Args:
        axis: (3,) what to turn about where the two are opposite; by default any axis across.
    """
    a, b = np.broadcast_arrays(unit(start), unit(end))
    cross = np.cross(a, b)
    sine, cosine = np.linalg.norm(cross, axis=-1, keepdims=True), (a * b).sum(axis=-1, keepdims=True)
    angle = np.arctan2(sine, cosine)
    across = np.cross(a, np.eye(3)[np.argmin(np.abs(a), axis=-1)]) if axis is None else axis - (a @ axis)[..., None] * a
    turn_axis = np.where(sine > 1e-9, cross, np.where(cosine < 0, across, 0.0))
    return rotvec_to_rotmat(unit(turn_axis) * angle)
