"""Which side of the body is the front, by the face: it tells left from right where movement alone cannot.

A whole track whose sides are swapped moves as smoothly as the right one. But nobody's nose is behind their shoulders:
the head looks where shoulders and hips look, give or take a quarter turn, and the way from the ears to the nose is the
same whatever the ears are called.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .skeleton import LANDMARK_NAMES

FloatArray = NDArray[np.floating[Any]]

NOSE, EARS, SHOULDERS, HIPS = (
    LANDMARK_NAMES.index("nose"),
    [LANDMARK_NAMES.index(f"{side}_ear") for side in ("left", "right")],
    [LANDMARK_NAMES.index(f"{side}_shoulder") for side in ("left", "right")],
    [LANDMARK_NAMES.index(f"{side}_hip") for side in ("left", "right")],
)
CLEAR_M: Final = 0.06
"""The nose this far in front of the ears, seen from the trunk, says clearly where the front is."""


def facing_agreement(world_landmarks: FloatArray, visibility: FloatArray) -> FloatArray:
    """Return how well shoulders and hips (T, 2), as they are named, agree with the face: -1 against, 1 with it.

    Args:
        world_landmarks: (T, 33, 3) metres, any right-handed axes.
        visibility: (T, 33) 0..1; an unseen nose says nothing.
    Note: swapping the names of a pair changes the sign of its column and nothing else.
    """
    nose_m = world_landmarks[:, NOSE] - world_landmarks[:, EARS].mean(axis=1)
    up = world_landmarks[:, SHOULDERS].mean(axis=1) - world_landmarks[:, HIPS].mean(axis=1)
    columns = []
    for left, right in (SHOULDERS, HIPS):
        forward = np.cross(world_landmarks[:, left] - world_landmarks[:, right], up)
        length = np.linalg.norm(forward, axis=1, keepdims=True)
        ahead_m = (nose_m * forward / np.maximum(length, 1e-6)).sum(axis=1)
        columns.append(np.tanh(ahead_m / CLEAR_M) * visibility[:, NOSE])
    return np.stack(columns, axis=1)
