"""How far each joint's rotation rests on what the camera saw: the visibility of the landmarks that decide it."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .skeleton import JOINT_NAMES, LANDMARK_NAMES

_DECIDING_LANDMARKS: Final[dict[str, tuple[str, ...]]] = {
    "pelvis": ("hip", "shoulder"),
    "spine": ("hip", "shoulder"),
    "neck": ("shoulder", "ear"),
    "head": ("ear", "eye", "nose"),
    "collar": ("shoulder",),
    "shoulder": ("shoulder", "elbow"),
    "elbow": ("elbow", "wrist"),
    "wrist": ("wrist", "index", "pinky"),
    "hand": ("index", "pinky"),
    "hip": ("hip", "knee"),
    "knee": ("knee", "ankle"),
    "ankle": ("ankle", "foot_index", "heel"),
    "foot": ("foot_index", "heel"),
}
"""A joint's rotation shows in the position of the next one: an elbow's in where the wrist is."""


def _joint_weights() -> NDArray[np.float32]:
    """Return (24, 33) weights, rows summing to one, of the landmarks that decide each joint."""
    weights = np.zeros((len(JOINT_NAMES), len(LANDMARK_NAMES)), np.float32)
    for joint_index, joint in enumerate(JOINT_NAMES):
        side, _, part = joint.rpartition("_")
        for landmark_index, landmark in enumerate(LANDMARK_NAMES):
            same_side = not side or side in landmark or landmark == "nose"
            if same_side and any(name in landmark for name in _DECIDING_LANDMARKS[part.rstrip("123")]):
                weights[joint_index, landmark_index] = 1
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


JOINT_LANDMARK_WEIGHTS: Final = _joint_weights()
"""(24, 33), rows summing to one."""


def joint_visibility(visibility: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return (T, 24) float32 in 0..1: how well each joint is seen, from landmark visibility (T, 33) in 0..1."""
    return np.clip(visibility @ JOINT_LANDMARK_WEIGHTS.T, 0, 1).astype(np.float32)


def joint_confidence(visibility: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return (T, 24) float32 in 0..1 from landmark visibility (T, 33) in 0..1."""
    return joint_visibility(visibility)
