"""`python -m core evaluate --report FOLDER`: everything that is measured of the open estimator, in one folder.

report.txt and report.json (accuracy, hidden joints, by joint, by action), figure_3.png and figure_4.png.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...body_file import load_body_file, open_body_path
from ...body_model import BodyModel
from ...decomposed_estimator import DecomposedEstimator
from ...errors import OutputError
from ...smoothing import POSE_CUTOFF_HZ
from ..clips import load_motion_library
from ..simulator import SimulatedViews
from ..torch_body import TorchBody
from ..trained_networks import load_estimator
from .benchmark import Benchmark, make_benchmark, read_descriptions
from .breakdown import (
    action_table,
    angle_table,
    joint_errors_mm,
    joint_table,
    mean_body_angle_deg,
    open_scores,
    scores_by_action,
)
from .estimates import PosedTracks, estimate_tracks, matched_cutoff_hz, pose_estimates, posed_surface, true_tracks
from .metrics import joint_angle_errors_deg, vertex_error_mm
from .occlusion import hidden_joint_errors, hide, occlusion_table
from .plots import draw_joint_path, draw_occlusion
from .table import Table, write_tables

FloatArray = NDArray[np.floating[Any]]

PER_FRAME, SMOOTHED, EQUALLY_SMOOTH = "per frame", "per frame, smoothed", "per frame, as smooth as the prior"
PRIOR, PRIOR_WINDOWS, PRIOR_SMOOTHED = "prior, whole track", "prior, windows of 16", "prior, smoothed"
PAPER_WINDOW = 16
SURFACE_FRAME_STEP = 8
FIGURE_4_LENGTH = 15


def write_report(
    motions: Path, weights: Path, folder: Path, split: str = "val", *, frame_count: int = 96, window_count: int = 48
) -> str:
    """Score the open estimator on simulated views of a split; return the tables' text.

    Args:
        motions: the motion-capture npz.
        weights: folder of the two weight files.
        folder: made if need be.
        split: `val`; look at `test` once, for figures that are published. Dance is in `test`.
    Raises:
        MotionDataError, WeightsError, OutputError, EngineError: a file or matplotlib cannot be used.
    """
    torch.set_num_threads(1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}).") from error
    library = load_motion_library(motions)
    body_file = load_body_file(open_body_path())
    benchmark = make_benchmark(
        library,
        TorchBody(body_file),
        read_descriptions(motions, library),
        split,
        frame_count=frame_count,
        window_count=window_count,
    )
    estimator, body = load_estimator(weights), BodyModel(body_file)
    tables, numbers = _tables(benchmark, estimator, body)
    _figures(benchmark.views, estimator, body, folder)
    header = {"split": split, "windows": window_count, "motions": motions.name, **numbers}
    return write_tables(tables, folder / "report.txt", folder / "report.json", header)


def equal_smoothing_hz(views: SimulatedViews, estimator: DecomposedEstimator, body: BodyModel) -> float:
    """Return the cut-off that makes the smoothed per-frame tracks as smooth as the prior's smoothed ones."""
    whole = estimate_tracks(views, estimator)
    prior = pose_estimates(whole, "prior", body, POSE_CUTOFF_HZ)
    return matched_cutoff_hz(whole, body, open_scores(prior.landmarks, prior.landmarks).acc)


def estimate_all(
    views: SimulatedViews, estimator: DecomposedEstimator, body: BodyModel, equal_hz: float = POSE_CUTOFF_HZ
) -> dict[str, PosedTracks]:
    """Return the tracks of every way of estimating that the report compares; see `equal_smoothing_hz`."""
    whole = estimate_tracks(views, estimator)
    windows = estimate_tracks(views, estimator, PAPER_WINDOW)
    return {
        PER_FRAME: pose_estimates(whole, "per_frame", body),
        SMOOTHED: pose_estimates(whole, "per_frame", body, POSE_CUTOFF_HZ),
        EQUALLY_SMOOTH: pose_estimates(whole, "per_frame", body, equal_hz),
        PRIOR: pose_estimates(whole, "prior", body),
        PRIOR_WINDOWS: pose_estimates(windows, "prior", body),
        PRIOR_SMOOTHED: pose_estimates(whole, "prior", body, POSE_CUTOFF_HZ),
    }


def accuracy_table(tracks: Mapping[str, PosedTracks], truth: PosedTracks, body: BodyModel) -> Table:
    """Return every figure of the paper's tables, ACC in both variants, and angles."""
    true_surface = posed_surface(truth, body, SURFACE_FRAME_STEP)
    rows = []
    for name, posed in tracks.items():
        scores = open_scores(posed.landmarks, truth.landmarks)
        angles = joint_angle_errors_deg(posed.rotmat, truth.rotmat)
        surface_error = vertex_error_mm(posed_surface(posed, body, SURFACE_FRAME_STEP), true_surface)
        cells = (
            scores.pa_mpjpe_mm, scores.mpjpe_mm, surface_error, scores.acc, scores.acc_error, scores.acc_vibe,
            scores.acc_error_vibe, mean_body_angle_deg(angles), float(angles[0]),
        )  # fmt: skip
        rows.append((name, cells))
    columns = ("PA-MPJPE", "MPJPE", "PVE", "ACC", "ACC ERR", "ACC (vibe)", "ACC ERR (vibe)", "body deg", "root deg")
    true_acc = open_scores(truth.landmarks, truth.landmarks).true_acc
    notes = (
        f"mm and mm/frame^2, 12 landmarks rooted between the hips; ACC of the truth {true_acc:.1f}; (vibe): across the",
        f"borders of sequences too. PVE: open body, every {SURFACE_FRAME_STEP}th frame, not aligned at the root.",
    )
    return Table("Accuracy and smoothness", columns, tuple(rows), notes)


def _tables(
    benchmark: Benchmark, estimator: DecomposedEstimator, body: BodyModel
) -> tuple[list[Table], dict[str, Any]]:
    """Return all tables, and the breakdowns' full numbers for the JSON file."""
    equal_hz = equal_smoothing_hz(benchmark.views, estimator, body)
    tracks, truth = estimate_all(benchmark.views, estimator, body, equal_hz), true_tracks(benchmark.views)

    def estimate(views: SimulatedViews) -> dict[str, FloatArray]:
        return {name: posed.landmarks for name, posed in estimate_all(views, estimator, body, equal_hz).items()}

    hidden = hidden_joint_errors(benchmark.views, estimate)
    by_action = {
        name: scores_by_action(posed.landmarks, truth.landmarks, benchmark.actions) for name, posed in tracks.items()
    }
    by_joint = {name: joint_errors_mm(posed.landmarks, truth.landmarks) for name, posed in tracks.items()}
    angles = {name: joint_angle_errors_deg(posed.rotmat, truth.rotmat) for name, posed in tracks.items()}
    tables = [
        accuracy_table(tracks, truth, body),
        occlusion_table(hidden),
        action_table(by_action, benchmark.actions),
        joint_table(by_joint),
        angle_table(angles),
    ]
    scores = {name: {group: asdict(row) for group, row in groups.items()} for name, groups in by_action.items()}
    return tables, {"hidden_joints_mm": hidden, "by_action": scores}


def _figures(views: SimulatedViews, estimator: DecomposedEstimator, body: BodyModel, folder: Path) -> None:
    """Draw figures 3 and 4 on one typical view, neither the best nor the worst."""
    tracks, truth = estimate_all(views, estimator, body), true_tracks(views)
    index = _typical_window(tracks, truth)
    panels = {"(a) per frame": tracks[PER_FRAME], "(b) with the prior": tracks[PRIOR]}
    draw_joint_path(
        {title: posed.landmarks[index] for title, posed in panels.items()},
        truth.landmarks[index],
        folder / "figure_3.png",
        frame_rate_hz=views.frame_rate_hz,
    )
    occluded = hide(views, "limb", FIGURE_4_LENGTH, seed=0)
    shown = estimate_all(occluded.views, estimator, body)
    draw_occlusion(
        {name: shown[name].landmarks[index] for name in (PER_FRAME, SMOOTHED, PRIOR)},
        truth.landmarks[index],
        occluded.hidden[index],
        folder / "figure_4.png",
    )


def _typical_window(tracks: Mapping[str, PosedTracks], truth: PosedTracks) -> int:
    """Return the window whose per-frame ACC ERR is the median."""
    errors = [
        open_scores(posed[None], true[None]).acc_error
        for posed, true in zip(tracks[PER_FRAME].landmarks, truth.landmarks, strict=True)
    ]
    return int(np.argsort(errors)[len(errors) // 2])
