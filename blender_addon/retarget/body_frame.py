"""Which way a rig at rest is up and faces, from the places of its joints. numpy only."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

SNAP_RAD: Final = 0.35
"""A body leans a little at rest; its up direction is that axis of the rig which is nearer than this."""

_UP_PAIRS: Final = (
    ("pelvis", "head"), ("pelvis", "neck"), ("left_ankle", "left_hip"), ("right_ankle", "right_hip"),
    ("pelvis", "spine3"), ("pelvis", "spine2"), ("left_knee", "left_hip"), ("right_knee", "right_hip"),
)  # fmt: skip
_LEFT_PAIRS: Final = tuple(
    (f"right_{part}", f"left_{part}") for part in ("hip", "shoulder", "collar", "knee", "ankle", "elbow", "wrist")
)


def body_frame(points: Mapping[str, FloatArray]) -> FloatArray | None:
    """Return the body's left, up and forward as the columns of a rotation (3, 3); None where too few joints are known.

    Args:
        points: rest places (3,) by joint, in any axes.
    """
    up, left = _direction(points, _UP_PAIRS), _direction(points, _LEFT_PAIRS)
    if up is None or left is None:
        return None
    up = _snapped(up)
    left = left - (left @ up) * up
    if np.linalg.norm(left) < 0.1:
        return None
    left = left / np.linalg.norm(left)
    return np.stack([left, up, np.cross(left, up)], axis=1)


def faces_backwards(points: Mapping[str, FloatArray], frame: FloatArray) -> bool:
    """True where both feet point against the frame's forward: then left and right are the wrong way round."""
    forwards = []
    for side in ("left", "right"):
        ankle, toe = points.get(f"{side}_ankle"), points.get(f"{side}_foot")
        if ankle is None or toe is None or np.linalg.norm(toe - ankle) < 1e-9:
            return False
        forwards.append(float((toe - ankle) @ frame[:, 2] / np.linalg.norm(toe - ankle)))
    return max(forwards) < -0.4


def _direction(points: Mapping[str, FloatArray], pairs: tuple[tuple[str, str], ...]) -> FloatArray | None:
    """Return the mean of the unit vectors from the first to the second joint of each known pair."""
    found = [points[end] - points[start] for start, end in pairs if start in points and end in points]
    units = [vector / np.linalg.norm(vector) for vector in found if np.linalg.norm(vector) > 1e-9]
    if not units:
        return None
    mean = np.mean(units, axis=0)
    size = np.linalg.norm(mean)
    return None if size < 0.1 else mean / size


def _snapped(direction: FloatArray) -> FloatArray:
    """Return the coordinate axis next to a unit vector where one is near, else the vector."""
    axis = int(np.argmax(np.abs(direction)))
    if np.arccos(min(1.0, float(abs(direction[axis])))) > SNAP_RAD:
        return direction
    snapped = np.zeros(3)
    snapped[axis] = np.sign(direction[axis])
    return snapped
