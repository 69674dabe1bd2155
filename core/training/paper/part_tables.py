"""Tables and Fig. 3 of one part of the data: accuracy, smoothness, angles, MPI's own figures, error by joint."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import EngineError
from ...skeleton import LANDMARK_NAMES
from ..evaluation.breakdown import angle_table, mean_body_angle_deg
from ..evaluation.metrics import joint_angle_errors_deg, per_joint_errors_mm, rooted
from ..evaluation.plots import FIGURE_3_LANDMARK, draw_joint_path
from ..evaluation.protocols import MPI_INF_3DHP_17, correct_joints
from ..evaluation.table import Cell, Table
from ..metrics import MM_PER_M, mean_distance_mm, procrustes_align
from ..torch_rotations import rot6d_to_rotmat, rotvec_to_rotmat
from .scoring import TestSet
from .smpl_surface import SmplSurface
from .ways import Estimate, Way

FloatArray = NDArray[np.floating[Any]]
Estimates = Mapping[str, Sequence[Estimate]]
"""For each way of estimating the poses of each run."""

COLUMNS: Final = ("PA-MPJPE", "MPJPE", "PVE", "ACC", "ACC ERR", "ACC (vibe)", "ACC ERR (vibe)", "angle", "PCK", "AUC")
FRAMES_PER_CHUNK: Final = 64
NOTES: Final = (
    "mm and mm/frame^2; (vibe): across the borders of sequences too, as VIBE's evaluation has it.",
    "angle: mean error of the 21 body joints' local rotations, degrees; PCK at 150 mm and AUC in percent.",
)
FIGURE_NAME: Final = "figure_3.png"


def estimate_all(test_set: TestSet, ways: Mapping[str, Way]) -> dict[str, list[Estimate]]:
    """Return the poses of each run for each way of estimating."""
    return {name: test_set.estimate(way) for name, way in ways.items()}


def part_tables(test_set: TestSet, estimates: Estimates, surface: SmplSurface) -> list[Table]:
    """Return the scores, one row for each way of estimating, and the errors by joint, one column for each."""
    joints = {name: test_set.joints(estimated) for name, estimated in estimates.items()}
    surface_mm = vertex_errors_mm(test_set, estimates, surface)
    angles = angle_errors_deg(test_set, estimates)
    rows = tuple((name, _cells(test_set, joints[name], surface_mm.get(name), angles.get(name))) for name in estimates)
    title = f"{test_set.part}: {test_set.protocol.name}; {test_set.frame_count} frames"
    tables = [Table(title, COLUMNS, rows, NOTES), _joint_table(test_set, joints), _action_table(test_set, joints)]
    if angles:
        by_joint = angle_table(angles)
        tables.append(Table(f"{test_set.part}: {by_joint.title}", by_joint.columns, by_joint.rows, by_joint.notes))
    return tables


def _cells(
    test_set: TestSet, joints: Sequence[FloatArray], surface_mm: float | None, angles_deg: FloatArray | None
) -> tuple[Cell, ...]:
    """Return one row."""
    s = test_set.scores_of(joints)
    angle = None if angles_deg is None else mean_body_angle_deg(angles_deg)
    pck: float | None = None
    auc: float | None = None
    if test_set.protocol is MPI_INF_3DHP_17:
        correct = correct_joints(np.concatenate(joints), _true_joints(test_set), test_set.protocol.root_joints)
        pck, auc = correct.pck, correct.auc
    return (
        s.pa_mpjpe_mm, s.mpjpe_mm, surface_mm, s.acc, s.acc_error, s.acc_vibe, s.acc_error_vibe, angle, pck, auc,
    )  # fmt: skip


def _joint_table(test_set: TestSet, joints: Mapping[str, Sequence[FloatArray]]) -> Table:
    """Return the error of each joint, rooted."""
    truth, protocol = _true_joints(test_set), test_set.protocol
    errors = [per_joint_errors_mm(np.concatenate(runs), truth, protocol.root_joints) for runs in joints.values()]
    rows = tuple((name, tuple(float(e[index]) for e in errors)) for index, name in enumerate(protocol.joint_names))
    return Table(f"{test_set.part}: by joint, mm", tuple(joints), rows)


def _action_table(test_set: TestSet, joints: Mapping[str, Sequence[FloatArray]]) -> Table:
    """Return PA-MPJPE and MPJPE of the frames of each action; ACC would reach over their borders."""
    actions, root = np.concatenate([run.actions for run in test_set.runs]), test_set.protocol.root_joints
    true = rooted(_true_joints(test_set), root)
    groups = {str(name): actions == name for name in np.unique(actions)}
    rows = []
    for name, runs in joints.items():
        predicted = rooted(np.concatenate(runs), root)
        aligned = procrustes_align(predicted, true)
        errors = [
            [mean_distance_mm(p[chosen], true[chosen]) for p in (aligned, predicted)] for chosen in groups.values()
        ]
        rows.append((name, tuple(f"{pa_mpjpe:.1f} / {mpjpe:.1f}" for pa_mpjpe, mpjpe in errors)))
    columns = tuple(f"{name} ({int(chosen.sum())})" for name, chosen in groups.items())
    return Table(f"{test_set.part}: by action", columns, tuple(rows), ("PA-MPJPE / MPJPE in mm; frames in brackets.",))


def _true_joints(test_set: TestSet) -> FloatArray:
    return np.concatenate([run.true_joints for run in test_set.runs])


def angle_errors_deg(test_set: TestSet, estimates: Estimates) -> dict[str, FloatArray]:
    """Return the mean angle (24,) between estimated and true local rotations; empty where no true pose is known."""
    poses = [run.poses for run in test_set.runs if run.poses is not None]
    if len(poses) < len(test_set.runs):
        return {}
    truth = rotvec_to_rotmat(torch.cat(poses).double()).cpu().numpy()
    return {
        name: joint_angle_errors_deg(
            rot6d_to_rotmat(torch.cat([estimate.rot6d for estimate in runs]).double()).cpu().numpy(), truth
        )
        for name, runs in estimates.items()
    }


@torch.no_grad()
def vertex_errors_mm(test_set: TestSet, estimates: Estimates, surface: SmplSurface) -> dict[str, float]:
    """Return PVE, not aligned at the root; empty where the truth is joints alone.

    Source: VIBE's convention: all 6890 vertices, the truth with the neutral body, no translation on either side.
    """
    totals, count = dict.fromkeys(estimates, 0.0), 0
    for index, run in enumerate(test_set.runs):
        if run.poses is None or run.betas is None:
            return {}
        for first in range(0, len(run.poses), FRAMES_PER_CHUNK):
            poses = run.poses[first : first + FRAMES_PER_CHUNK]
            true = surface.pose(rotvec_to_rotmat(poses), run.betas.expand(len(poses), -1))
            for name, runs in estimates.items():
                rot6d, betas = (values[first : first + FRAMES_PER_CHUNK] for values in runs[index])
                predicted = surface.pose(rot6d_to_rotmat(rot6d), betas)
                totals[name] += float((predicted - true).norm(dim=-1).mean(-1).sum())
            count += len(poses)
    return {name: MM_PER_M * total / count for name, total in totals.items()}


def draw_first_path(test_set: TestSet, estimates: Estimates, folder: Path, report: Callable[[str], None]) -> None:
    """Draw Fig. 3 of the first run, the right shoulder's path: the first and the last way of estimating.

    Note: from the protocol's root, since features tell no place in the picture. Without matplotlib a sentence says so.
    """
    root = test_set.protocol.root_joints
    names = dict.fromkeys((next(iter(estimates)), list(estimates)[-1]))
    first = {name: test_set.joints(estimates[name][:1])[0] for name in names}
    try:
        draw_joint_path(
            {name: _as_landmarks(rooted(joints, root), test_set) for name, joints in first.items()},
            _as_landmarks(rooted(test_set.runs[0].true_joints, root), test_set),
            folder / FIGURE_NAME,
            frame_rate_hz=test_set.frame_rate_hz,
        )
    except EngineError as error:
        report(f"{FIGURE_NAME} is not drawn: {error}")


def _as_landmarks(joints: FloatArray, test_set: TestSet) -> FloatArray:
    """Return joints (T, K, 3) as landmarks (T, 33, 3), of which the figure's one alone is filled in."""
    landmarks = np.zeros((len(joints), len(LANDMARK_NAMES), 3))
    name = LANDMARK_NAMES[FIGURE_3_LANDMARK]
    landmarks[:, FIGURE_3_LANDMARK] = joints[:, test_set.protocol.joint_names.index(name)]
    return landmarks
