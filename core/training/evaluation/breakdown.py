"""Errors joint by joint, and action by action: the paper's motive is that estimators with a prior fail on dance."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...skeleton import BODY_LANDMARKS, JOINT_NAMES
from .benchmark import DANCE
from .metrics import PointScores, per_joint_errors_mm, point_scores
from .protocols import OPEN_12
from .table import Table

FloatArray = NDArray[np.floating[Any]]
REST = "the rest"


def body_points(landmarks: FloatArray) -> FloatArray:
    """Return the 12 joints (..., 12, 3) of the open protocol of landmarks (..., 33, 3)."""
    result: FloatArray = landmarks[..., list(BODY_LANDMARKS), :]
    return result


def open_scores(predicted_landmarks: FloatArray, true_landmarks: FloatArray) -> PointScores:
    """Return the scores of windows of landmarks (N, T, 33, 3) under the open protocol."""
    predicted, true = (list(body_points(landmarks)) for landmarks in (predicted_landmarks, true_landmarks))
    return point_scores(predicted, true, OPEN_12.root_joints)


def action_groups(actions: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Return which windows (N,) belong to dance, to the rest, and to each action; empty groups are left out."""
    names = np.array(actions)
    groups = {DANCE: names == DANCE, REST: names != DANCE}
    groups |= {str(name): names == name for name in sorted(set(actions) - {DANCE})}
    return {name: members for name, members in groups.items() if members.any()}


def scores_by_action(
    predicted_landmarks: FloatArray, true_landmarks: FloatArray, actions: Sequence[str]
) -> dict[str, PointScores]:
    """Return the scores of each group of windows."""
    groups = action_groups(actions).items()
    return {name: open_scores(predicted_landmarks[members], true_landmarks[members]) for name, members in groups}


def action_table(scores: Mapping[str, Mapping[str, PointScores]], actions: Sequence[str]) -> Table:
    """Return PA-MPJPE and ACC ERR of each way of estimating (outer keys) on each group of actions."""
    groups = action_groups(actions)
    columns = tuple(f"{name} ({int(members.sum())})" for name, members in groups.items())
    rows = tuple(
        (name, tuple(f"{row[group].pa_mpjpe_mm:.1f} / {row[group].acc_error:.1f}" for group in groups))
        for name, row in scores.items()
    )
    notes = ("PA-MPJPE in mm / ACC ERR in mm/frame^2; in brackets the number of windows.",)
    return Table("By action", columns, rows, notes)


def joint_table(errors_mm: Mapping[str, FloatArray]) -> Table:
    """Return the error of each of the 12 joints (columns: ways of estimating)."""
    rows = tuple(
        (joint, tuple(float(errors[index]) for errors in errors_mm.values()))
        for index, joint in enumerate(OPEN_12.joint_names)
    )
    return Table("By joint, mm", tuple(errors_mm), rows)


def angle_table(errors_deg: Mapping[str, FloatArray]) -> Table:
    """Return the mean angle error of each of the 24 local rotations, and their mean without root and hands."""
    rows = [(name, tuple(float(e[index]) for e in errors_deg.values())) for index, name in enumerate(JOINT_NAMES)]
    rows.append(("mean of the body", tuple(mean_body_angle_deg(errors) for errors in errors_deg.values())))
    return Table("By joint, degrees of local rotation (pelvis: against the camera)", tuple(errors_deg), tuple(rows))


def mean_body_angle_deg(errors_deg: FloatArray) -> float:
    """Return the mean of joints 1 to 21 of errors (24,): the root is no body joint, and the data has no hands."""
    return float(np.asarray(errors_deg)[1:22].mean())


def joint_errors_mm(predicted_landmarks: FloatArray, true_landmarks: FloatArray) -> FloatArray:
    """Return the error (12,) of each joint of the open protocol."""
    return per_joint_errors_mm(body_points(predicted_landmarks), body_points(true_landmarks), OPEN_12.root_joints)
