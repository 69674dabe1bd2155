"""How sure each joint of each frame is: the chance that it is within a hand's breadth of where it really was.

Calibrated: of the joints with a confidence of 0.8, four in five are that near (docs/model_card.md has the plot).
What it goes by: how well the landmarks that decide a joint were seen, how far the posed body lies from them in the
picture, and how long ago, or how soon, they were seen well.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .errors import WeightsError
from .skeleton import JOINT_NAMES, LANDMARK_NAMES

FloatArray = NDArray[np.floating[Any]]

NEAR_M: Final = 0.08
"""A joint this near to the truth, hips laid over each other, counts as right."""

WELL_SEEN: Final = 0.5
LONGEST_UNSEEN_S: Final = 1.0
SMALLEST_RESIDUAL: Final = 0.005
INPUT_COUNT: Final = 3
CONFIDENCE_FILE: Final = Path(__file__).parent / "assets" / "confidence.json"

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
            kind = landmark.removeprefix("left_").removeprefix("right_")
            # An eye's corners count too; a foot's index is not a hand's.
            if same_side and any(f"{kind}_".startswith(f"{name}_") for name in _DECIDING_LANDMARKS[part.rstrip("123")]):
                weights[joint_index, landmark_index] = 1
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


JOINT_LANDMARK_WEIGHTS: Final = _joint_weights()
"""(24, 33), rows summing to one."""


def joint_visibility(visibility: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return (T, 24) float32 in 0..1: how well each joint is seen, from landmark visibility (T, 33) in 0..1."""
    return np.clip(visibility @ JOINT_LANDMARK_WEIGHTS.T, 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Calibration:
    """A logistic regression, fitted by `python -m core train --stage confidence`.

    Attributes:
        weights: (3,) of `confidence_inputs`, shared by all joints.
        joint_biases: (24,)
    """

    weights: NDArray[np.float64]
    joint_biases: NDArray[np.float64]


@functools.cache
def load_calibration(path: Path = CONFIDENCE_FILE) -> Calibration:
    """Read the calibration.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        weights = np.array(table["weights"], np.float64).reshape(INPUT_COUNT)
        biases = np.array([table["joint_biases"][name] for name in JOINT_NAMES], np.float64).reshape(len(JOINT_NAMES))
        if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
            raise ValueError("not finite")
    except (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        raise WeightsError(f"The calibration {path} is missing or damaged.", "Install Jointwise again.") from error
    return Calibration(weights, biases)


def confidence_inputs(
    visibility: FloatArray, residual_heights: FloatArray, timestamps_s: FloatArray
) -> NDArray[np.float64]:
    """Return (T, 24, 3): how well each joint is seen, the logarithm of its residual, and how long it is not seen well.

    Args:
        visibility: (T, 33) 0..1.
        residual_heights: (T, 33) how far the posed body's landmarks lie from the seen ones, in person heights.
        timestamps_s: (T,) increasing.
    """
    seen = joint_visibility(visibility).astype(np.float64)
    # An unseen landmark's residual says nothing of its own.
    trust = JOINT_LANDMARK_WEIGHTS * np.maximum(visibility, 1e-3)[:, None]
    residual = (trust * residual_heights[:, None]).sum(axis=-1) / trust.sum(axis=-1)
    unseen_s = np.stack([_unseen_time(column >= WELL_SEEN, timestamps_s) for column in seen.T], axis=1)
    return np.stack([seen, np.log(residual + SMALLEST_RESIDUAL), np.sqrt(unseen_s)], axis=-1)


def joint_confidence(
    visibility: FloatArray,
    residual_heights: FloatArray,
    timestamps_s: FloatArray,
    calibration: Calibration | None = None,
) -> NDArray[np.float32]:
    """Return (T, 24) float32 in 0..1; arguments as in `confidence_inputs`.

    Args:
        calibration: None for the shipped one.
    """
    inputs = confidence_inputs(visibility, residual_heights, timestamps_s)
    return chance(inputs, calibration or load_calibration()).astype(np.float32)


def chance(inputs: FloatArray, calibration: Calibration) -> NDArray[np.float64]:
    """Return how likely each joint is right, (..., 24), of `confidence_inputs` (..., 24, 3)."""
    logits = inputs @ calibration.weights + calibration.joint_biases
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float64)


def residual_heights(posed2d_px: FloatArray, keypoints2d_px: FloatArray) -> NDArray[np.float64]:
    """Return (T, 33): distances in person heights between two sets of image points (T, 33, 2).

    Note: a person's height is the longer side of the box around the seen points, the median over time.
    """
    height_px = np.median(np.ptp(keypoints2d_px, axis=1).max(axis=1))
    distance_px = np.linalg.norm(np.asarray(posed2d_px, np.float64) - keypoints2d_px, axis=-1)
    return np.asarray(distance_px / max(float(height_px), 1e-6), np.float64)


def _unseen_time(is_seen: NDArray[np.bool_], timestamps_s: FloatArray) -> NDArray[np.float64]:
    """Return (T,) seconds to the nearest frame, before or after, in which something is seen; at most the longest."""
    times_s = timestamps_s[is_seen]
    if not len(times_s):
        return np.full(len(timestamps_s), LONGEST_UNSEEN_S)
    after = np.searchsorted(times_s, timestamps_s).clip(0, len(times_s) - 1)
    before = (after - 1).clip(0)
    nearest = np.minimum(np.abs(times_s[after] - timestamps_s), np.abs(times_s[before] - timestamps_s))
    return np.asarray(np.minimum(nearest, LONGEST_UNSEEN_S), np.float64)
