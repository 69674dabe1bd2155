"""Accuracy and smoothness of landmarks, in millimetres, on the 12 body landmarks rooted at the middle of the hips."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..skeleton import BODY_LANDMARKS, LEFT_HIP_LANDMARK, RIGHT_HIP_LANDMARK

FloatArray = NDArray[np.floating[Any]]
MM_PER_M = 1000.0


@dataclass(frozen=True)
class MotionErrors:
    """The four figures of the paper's tables, and how lively the prediction is against the truth.

    Source: paper, section 3.2; second differences are per frame (no frame rate), within each sequence.
    """

    mpjpe_mm: float
    pa_mpjpe_mm: float
    acc_mm_per_frame2: float
    acc_error_mm_per_frame2: float
    acc_ratio: float
    """ACC of the prediction over ACC of the truth; 0 for a frozen body."""


def rooted_body(landmarks: FloatArray) -> FloatArray:
    """Return (..., 12, 3) body landmarks, rooted at the middle of the hips, of (..., 33, 3)."""
    hips = landmarks[..., [LEFT_HIP_LANDMARK, RIGHT_HIP_LANDMARK], :].mean(axis=-2, keepdims=True)
    rooted: FloatArray = landmarks[..., list(BODY_LANDMARKS), :] - hips
    return rooted


def procrustes_align(predicted: FloatArray, true: FloatArray) -> FloatArray:
    """Return the predicted points moved, turned (never mirrored) and scaled onto the true ones, (..., K, 3) each.

    Source: Umeyama, "Least-squares estimation of transformation parameters between two point patterns".
    """
    predicted_mean, true_mean = predicted.mean(axis=-2, keepdims=True), true.mean(axis=-2, keepdims=True)
    p, t = predicted - predicted_mean, true - true_mean
    u, singular, vt = np.linalg.svd(np.swapaxes(p, -1, -2) @ t)
    handedness = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    u[..., -1] *= handedness[..., None]
    singular[..., -1] *= handedness
    scale = singular.sum(axis=-1) / np.maximum(np.square(p).sum(axis=(-1, -2)), 1e-12)
    aligned: FloatArray = scale[..., None, None] * p @ (u @ vt) + true_mean
    return aligned


def mean_distance_mm(first: FloatArray, second: FloatArray) -> float:
    """Return the mean distance in millimetres of points (..., 3) in metres."""
    return float(np.linalg.norm(first - second, axis=-1).mean() * MM_PER_M)


def second_difference(points: FloatArray) -> FloatArray:
    """Return x[t+1] - 2 x[t] + x[t-1] of points (..., T, K, 3) along T."""
    result: FloatArray = points[..., 2:, :, :] - 2 * points[..., 1:-1, :, :] + points[..., :-2, :, :]
    return result


def motion_errors(predicted_landmarks: FloatArray, true_landmarks: FloatArray) -> MotionErrors:
    """Return the errors of landmarks (N, T, 33, 3) in metres; T at least 3."""
    predicted, true = rooted_body(predicted_landmarks), rooted_body(true_landmarks)
    predicted_acc, true_acc = second_difference(predicted), second_difference(true)
    acc = mean_distance_mm(predicted_acc, np.zeros_like(predicted_acc))
    true_size = mean_distance_mm(true_acc, np.zeros_like(true_acc))
    return MotionErrors(
        mean_distance_mm(predicted, true),
        mean_distance_mm(procrustes_align(predicted, true), true),
        acc,
        mean_distance_mm(predicted_acc, true_acc),
        acc / max(true_size, 1e-9),
    )
