"""The figures of the paper's tables and a few more, for any set of joints and sequences of any length. Numpy only.

Points are metres in one set of axes for prediction and truth. What is averaged is always the single joint of a single
frame, over all sequences together, as VIBE's evaluation does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..metrics import MM_PER_M, mean_distance_mm, procrustes_align, second_difference

FloatArray = NDArray[np.floating[Any]]
Borders = Literal["per-sequence", "vibe"]


@dataclass(frozen=True)
class PointScores:
    """Accuracy and smoothness of joints.

    Attributes:
        mpjpe_mm: mean distance after moving both roots to the origin.
        pa_mpjpe_mm: the same after the best similarity transform of each frame.
        acc, acc_error: mean size of the second difference of the prediction, and of its difference to the truth's, in
            mm/frame^2 (no frame rate), within each sequence.
        acc_vibe, acc_error_vibe: the same across the borders of sequences, as VIBE's evaluation has it: it lays all
            windows end to end, so every border adds a jump.
        true_acc: ACC of the truth within each sequence: what a perfect estimate has.
    """

    mpjpe_mm: float
    pa_mpjpe_mm: float
    acc: float
    acc_error: float
    acc_vibe: float
    acc_error_vibe: float
    true_acc: float


def rooted(points: FloatArray, root_joints: Sequence[int]) -> FloatArray:
    """Return points (..., K, 3) less the mean of the root joints."""
    result: FloatArray = points - points[..., list(root_joints), :].mean(axis=-2, keepdims=True)
    return result


def point_scores(
    predicted: Sequence[FloatArray], true: Sequence[FloatArray], root_joints: Sequence[int]
) -> PointScores:
    """Return the scores of sequences of joints.

    Args:
        predicted, true: sequences of (T, K, 3); T may differ between sequences.
        root_joints: whose mean is the root, e.g. both hips.
    Note: ACC of sequences that are all shorter than three frames is 0.
    """
    predicted = [rooted(points, root_joints) for points in predicted]
    true = [rooted(points, root_joints) for points in true]
    all_predicted, all_true = np.concatenate(list(predicted)), np.concatenate(list(true))
    within = acceleration(predicted, true, "per-sequence")
    across = acceleration(predicted, true, "vibe")
    return PointScores(
        mpjpe_mm=mean_distance_mm(all_predicted, all_true),
        pa_mpjpe_mm=mean_distance_mm(procrustes_align(all_predicted, all_true), all_true),
        acc=within[0],
        acc_error=within[1],
        acc_vibe=across[0],
        acc_error_vibe=across[1],
        true_acc=acceleration(true, true, "per-sequence")[0],
    )


def acceleration(
    predicted: Sequence[FloatArray], true: Sequence[FloatArray], borders: Borders = "per-sequence"
) -> tuple[float, float]:
    """Return ACC of the prediction and ACC ERR, mm/frame^2, of rooted sequences of (T, K, 3).

    Source: paper, section 3.2. `vibe` differs on purpose: see PointScores.
    """
    if borders == "vibe":
        predicted, true = [np.concatenate(list(predicted))], [np.concatenate(list(true))]
    pairs = [(p, t) for p, t in zip(predicted, true, strict=True) if len(p) >= 3]
    if not pairs:
        return 0.0, 0.0
    of_predicted = np.concatenate([second_difference(p) for p, _ in pairs])
    of_true = np.concatenate([second_difference(t) for _, t in pairs])
    return mean_distance_mm(of_predicted, np.zeros_like(of_predicted)), mean_distance_mm(of_predicted, of_true)


def vertex_error_mm(predicted_vertices: FloatArray, true_vertices: FloatArray) -> float:
    """Return PVE of surfaces (..., V, 3).

    Note: VIBE's convention: both bodies posed without a translation and not aligned at their roots, so that the rest
    pelvis of their shapes stays where it is.
    """
    return mean_distance_mm(predicted_vertices, true_vertices)


def joint_angle_errors_deg(predicted_rotmat: FloatArray, true_rotmat: FloatArray) -> FloatArray:
    """Return the angle (24,) in degrees between predicted and true local rotations (..., 24, 3, 3), averaged."""
    # From sine and cosine both: the arc cosine alone has no digits left at small angles.
    relative = np.swapaxes(true_rotmat, -1, -2) @ predicted_rotmat
    axis = np.stack(
        [
            relative[..., 2, 1] - relative[..., 1, 2],
            relative[..., 0, 2] - relative[..., 2, 0],
            relative[..., 1, 0] - relative[..., 0, 1],
        ],
        axis=-1,
    )
    angle = np.arctan2(np.linalg.norm(axis, axis=-1), np.trace(relative, axis1=-2, axis2=-1) - 1)
    result: FloatArray = np.rad2deg(angle).reshape(-1, angle.shape[-1]).mean(axis=0)
    return result


def per_joint_errors_mm(predicted: FloatArray, true: FloatArray, root_joints: Sequence[int]) -> FloatArray:
    """Return the mean distance (K,) of each rooted joint of (..., K, 3)."""
    distance = np.linalg.norm(rooted(predicted, root_joints) - rooted(true, root_joints), axis=-1)
    result: FloatArray = distance.reshape(-1, distance.shape[-1]).mean(axis=0) * MM_PER_M
    return result


def hidden_error_mm(predicted: FloatArray, true: FloatArray, hidden: NDArray[np.bool_]) -> float:
    """Return the mean distance of the points (..., K, 3) that `hidden` (..., K) marks; NaN where it marks none."""
    distance = np.linalg.norm(predicted - true, axis=-1)[hidden]
    return float(distance.mean() * MM_PER_M) if distance.size else float("nan")
