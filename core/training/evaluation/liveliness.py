"""Whether a motion keeps its snap: how much of the fastest hand and foot movements is left, and how late they come.

A frozen or a late body can have a small ACC ERR; these figures find it out.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...skeleton import LANDMARK_NAMES, LEFT_HIP_LANDMARK, RIGHT_HIP_LANDMARK

FloatArray = NDArray[np.floating[Any]]

FAST_LANDMARKS: Final = tuple(
    LANDMARK_NAMES.index(f"{side}_{part}") for part in ("wrist", "ankle") for side in ("left", "right")
)
FAST_M_PER_S: Final = 1.0
"""Slower peaks than this are not counted: there noise decides."""
PEAK_REACH_FRAMES: Final = 3
"""A peak that comes this much early or late still counts."""
LONGEST_LAG_FRAMES: Final = 6


@dataclass(frozen=True)
class Liveliness:
    """How lively a motion is against the truth.

    Attributes:
        peak_speed_ratio: fastest movement of wrists and ankles near each true peak over the true one, averaged; NaN
            where the truth has no fast movement.
        lag_frames: by how much the motion comes late; negative for early.
    """

    peak_speed_ratio: float
    lag_frames: float


def liveliness(predicted_landmarks: FloatArray, true_landmarks: FloatArray, frame_rate_hz: float) -> Liveliness:
    """Return the liveliness of landmarks (N, T, 33, 3) in metres, rooted at the middle of the hips; T at least 3."""
    predicted, true = (_velocity(points) for points in (predicted_landmarks, true_landmarks))
    return Liveliness(_peak_speed_ratio(predicted, true, frame_rate_hz), _lag_frames(predicted, true))


def _velocity(landmarks: FloatArray) -> FloatArray:
    """Return (N, T - 1, 4, 3) steps of wrists and ankles against the hips, metres a frame."""
    hips = landmarks[..., [LEFT_HIP_LANDMARK, RIGHT_HIP_LANDMARK], :].mean(axis=-2, keepdims=True)
    steps: FloatArray = np.diff(landmarks[..., list(FAST_LANDMARKS), :] - hips, axis=1)
    return steps


def _peak_speed_ratio(predicted: FloatArray, true: FloatArray, frame_rate_hz: float) -> float:
    """Return the mean ratio over all windows and landmarks with a fast peak."""
    speed, true_speed = (np.linalg.norm(steps, axis=-1) for steps in (predicted, true))
    ratios = []
    for window, peak_frames in enumerate(true_speed.argmax(axis=1)):
        for landmark, peak in enumerate(peak_frames):
            true_peak = true_speed[window, peak, landmark]
            if true_peak * frame_rate_hz >= FAST_M_PER_S:
                near = slice(max(peak - PEAK_REACH_FRAMES, 0), peak + PEAK_REACH_FRAMES + 1)
                ratios.append(speed[window, near, landmark].max() / true_peak)
    return float(np.mean(ratios)) if ratios else float("nan")


def _lag_frames(predicted: FloatArray, true: FloatArray) -> float:
    """Return the shift at which the velocities agree best, to a fraction of a frame."""
    longest = min(LONGEST_LAG_FRAMES, (true.shape[1] - 1) // 2)
    lags = np.arange(-longest, longest + 1)
    # The same true frames at every lag, or the ends of the windows would decide.
    inner = true[:, longest : true.shape[1] - longest]
    agreement = np.array([_cosine(predicted[:, longest + lag :][:, : inner.shape[1]], inner) for lag in lags])
    best = int(agreement.argmax())
    if best in (0, len(lags) - 1):
        return float(lags[best])
    before, at, after = agreement[best - 1 : best + 2]
    # The top of the parabola through the three.
    curvature = before - 2 * at + after
    return float(lags[best] + (0.5 * (before - after) / curvature if curvature < 0 else 0.0))


def _cosine(first: FloatArray, second: FloatArray) -> float:
    return float((first * second).sum() / max(np.linalg.norm(first) * np.linalg.norm(second), 1e-12))
