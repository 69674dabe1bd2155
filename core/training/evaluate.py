"""`python -m core evaluate --motions FILE`: scores the open estimator on a fixed simulated benchmark.

48 windows of 96 frames at 30 frames a second from the validation split, seen by simulated cameras with the measured
landmark noise, one fixed seed. The poses take the same numpy path as a real video: evidence, networks, smoothing; the
last two rows all of `estimate`, side repair included, without and with the whole-track refinement.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from ..body_file import load_body_file, open_body_path
from ..body_model import BodyModel
from ..decomposed_estimator import DecomposedEstimator, PoseSequence
from ..evidence import Evidence, landmark_evidence
from ..rotations import rot6d_to_rotmat
from ..settings import Root
from ..smoothing import POSE_CUTOFF_HZ, smooth_root, smooth_rot6d
from ..weak_camera import weak_camera_to_pelvis
from ..whole_file import whole_file
from .clips import load_motion_library
from .evaluation.estimated_views import PlaceErrors, estimate_as_released, jitter_mm, place_errors
from .evaluation.liveliness import Liveliness, liveliness
from .metrics import MotionErrors, mean_distance_mm, motion_errors
from .simulator import SimulatedViews
from .stage import validation_views
from .torch_body import TorchBody
from .trained_networks import load_estimator, load_open_estimator

FloatArray = NDArray[np.floating[Any]]

WINDOW_COUNT, FRAME_COUNT = 48, 96
RAW_WINDOWS_S = (0.35, 0.7, 1.2)
IMAGE_SIZE = (1920, 1080)
GOAL_BELOW_RAW = 0.35
ROOTS: tuple[Root, ...] = ("weak", "refined")
"""The default last."""


@dataclass(frozen=True)
class BenchmarkRow:
    """One line of the table."""

    name: str
    errors: MotionErrors
    liveliness: Liveliness


@dataclass(frozen=True)
class RootErrors:
    """The weak camera's root against the truth."""

    position_mm: float
    jitter_mm_per_frame2: float
    raw_jitter_mm_per_frame2: float
    true_jitter_mm_per_frame2: float


@dataclass(frozen=True)
class Estimates:
    """The estimator's output on all windows of the benchmark, before smoothing."""

    evidence: list[Evidence]
    sequences: list[PoseSequence]
    focal_length_px: list[float]


def evaluate(motions: Path, weights: Path, output: Path | None = None) -> str:
    """Return the benchmark as a text table; with `output`, write it as JSON too.

    Args:
        motions: the motion-capture npz.
        weights: folder of the two weight files.
    Raises:
        MotionDataError, WeightsError: a file cannot be used.
    """
    torch.set_num_threads(1)
    body_file = load_body_file(open_body_path())
    views = validation_views(load_motion_library(motions), TorchBody(body_file), FRAME_COUNT, WINDOW_COUNT)
    body = BodyModel(body_file)
    estimator = load_estimator(weights)
    estimates = estimate_views(views, estimator)
    backbone = load_open_estimator(weights)
    released = {root: estimate_as_released(views, backbone, root) for root in ROOTS}
    rows = [*raw_rows(views), *estimator_rows(views, estimates, body)]
    rows += [_row(f"estimate --root {root}", result.landmarks, views) for root, result in released.items()]
    weak_camera = root_errors(views, estimates)
    places = {root: place_errors(views, result) for root, result in released.items()}
    if output is not None:
        with whole_file(output) as partial:
            partial.write_text(json.dumps(_as_json(rows, weak_camera, places), indent=1))
    return _as_table(rows, weak_camera, places)


def estimate_views(views: SimulatedViews, estimator: DecomposedEstimator) -> Estimates:
    """Run the estimator on every window, as on a video's track."""
    pixels = max(IMAGE_SIZE) / 2
    frame_ids = np.arange(views.keypoints2d.shape[1])
    estimates = Estimates([], [], [])
    for index in range(len(views.keypoints2d)):
        focal_length_px = float(views.focal[index]) * pixels
        evidence = landmark_evidence(
            views.keypoints2d[index].numpy() * pixels + np.array(IMAGE_SIZE) / 2,
            views.world_landmarks[index].numpy(),
            views.visibility[index].numpy(),
            focal_length_px,
            IMAGE_SIZE,
        )
        estimates.evidence.append(evidence)
        estimates.sequences.append(estimator.estimate(evidence, frame_ids, views.frame_rate_hz))
        estimates.focal_length_px.append(focal_length_px)
    return estimates


def raw_rows(views: SimulatedViews) -> list[BenchmarkRow]:
    """Return the landmark network's own world landmarks, plain and smoothed."""
    raw = views.world_landmarks.numpy()
    rows = [_row("raw landmarks", raw, views)]
    for window_s in RAW_WINDOWS_S:
        window = round(window_s * views.frame_rate_hz) | 1
        smoothed = savgol_filter(raw, window, polyorder=3, axis=1)
        rows.append(_row(f"raw landmarks, Savitzky-Golay {1000 * window_s:.0f} ms", smoothed, views))
    return rows


def estimator_rows(views: SimulatedViews, estimates: Estimates, body: BodyModel) -> list[BenchmarkRow]:
    """Return the lifter without and with the GRUs, each without and with the pipeline's smoothing."""
    rows = []
    for name, field in (("lifter", "rot6d_per_frame"), ("lifter + GRUs", "rot6d")):
        rot6d = [getattr(sequence, field) for sequence in estimates.sequences]
        for cutoff_hz in (None, POSE_CUTOFF_HZ):
            suffix = f", smoothed at {cutoff_hz:g} Hz" if cutoff_hz else ""
            landmarks = pose_tracks(rot6d, estimates, body, views.frame_rate_hz, cutoff_hz)
            rows.append(_row(name + suffix, landmarks, views))
    return rows


def _row(name: str, landmarks: FloatArray, views: SimulatedViews) -> BenchmarkRow:
    true = views.landmarks.numpy()
    return BenchmarkRow(name, motion_errors(landmarks, true), liveliness(landmarks, true, views.frame_rate_hz))


def pose_tracks(
    rot6d: list[NDArray[np.float32]],
    estimates: Estimates,
    body: BodyModel,
    frame_rate_hz: float,
    cutoff_hz: float | None,
) -> FloatArray:
    """Return the posed landmarks (N, T, 33, 3) of smoothed rotations, each track with its one shape."""
    landmarks = []
    for track, sequence in zip(rot6d, estimates.sequences, strict=True):
        smoothed = smooth_rot6d(track, np.arange(len(track)), frame_rate_hz, cutoff_hz)
        betas = np.median(sequence.betas, axis=0)
        landmarks.append(body.pose_landmarks(rot6d_to_rotmat(smoothed), betas, np.zeros((len(track), 3))))
    return np.stack(landmarks)


def root_errors(views: SimulatedViews, estimates: Estimates) -> RootErrors:
    """Return how far the smoothed weak-camera root is from the truth, and how much it jitters."""
    true = views.pelvis.numpy()
    raw = np.stack(
        [
            weak_camera_to_pelvis(sequence.weak_camera, evidence, focal_length_px)
            for sequence, evidence, focal_length_px in zip(
                estimates.sequences, estimates.evidence, estimates.focal_length_px, strict=True
            )
        ]
    )
    smoothed = np.stack([smooth_root(track, np.arange(len(track)), views.frame_rate_hz) for track in raw])
    return RootErrors(mean_distance_mm(smoothed, true), jitter_mm(smoothed), jitter_mm(raw), jitter_mm(true))


def below_best_raw(rows: list[BenchmarkRow]) -> float:
    """Return by what share the last row's PA-MPJPE lies below the best smoothed raw row's."""
    best = min(row.errors.pa_mpjpe_mm for row in rows if row.name.startswith("raw landmarks, "))
    return 1 - rows[-1].errors.pa_mpjpe_mm / best


def _as_json(rows: list[BenchmarkRow], root: RootErrors, places: Mapping[Root, PlaceErrors]) -> dict[str, Any]:
    table = {row.name: {**asdict(row.errors), **asdict(row.liveliness)} for row in rows}
    return {
        "rows": table,
        "root": asdict(root),
        "places": {name: asdict(errors) for name, errors in places.items()},
        "pa_mpjpe_below_best_raw": below_best_raw(rows),
    }


def _as_table(rows: list[BenchmarkRow], root: RootErrors, places: Mapping[Root, PlaceErrors]) -> str:
    """Return the table as text; the last row is the default pipeline."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}   MPJPE  PA-MPJPE   ACC  ACC ERR  ACC ratio  peak speed    lag"]
    for row in rows:
        e = row.errors
        lines.append(
            f"{row.name:{width}}  {e.mpjpe_mm:6.1f}  {e.pa_mpjpe_mm:8.1f}  {e.acc_mm_per_frame2:4.1f}"
            f"  {e.acc_error_mm_per_frame2:7.1f}  {e.acc_ratio:9.2f}"
            f"  {row.liveliness.peak_speed_ratio:10.2f}  {row.liveliness.lag_frames:5.2f}"
        )
    lines.append(f"PA-MPJPE of the last row is {below_best_raw(rows):.0%} below the best smoothed raw row.")
    lines.append(
        f"Root: {root.position_mm:.0f} mm off on average, jitter {root.jitter_mm_per_frame2:.1f} mm/frame^2"
        f" (unsmoothed {root.raw_jitter_mm_per_frame2:.1f}, true {root.true_jitter_mm_per_frame2:.1f})."
    )
    lines += [
        f"estimate --root {name}: root {place.root_mm:.0f} mm off ({place.scaled_root_mm:.0f} but for the scale),"
        f" jitter {place.jitter_mm_per_frame2:.1f}, standing feet slide {place.sliding_mm_per_frame:.1f} mm a frame."
        for name, place in places.items()
    ]
    lines.append("mm and mm/frame^2 at 30 frames a second; 12 body landmarks, rooted at the middle of the hips.")
    lines.append("Peak speed of wrists and ankles over the true one; lag in frames.")
    return "\n".join(lines)
