"""`python -m core calibrate --motions FILE`: fits what the motion file's `confidence` is computed from.

The whole estimate runs on simulated views of the validation split, whose truth is known; a logistic regression then
says how often a joint was right, given how it was seen. A joint's error is that of the landmarks that decide it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..body_file import load_body_file, open_body_path
from ..confidence import (
    INPUT_COUNT,
    JOINT_LANDMARK_WEIGHTS,
    NEAR_M,
    Calibration,
    chance,
    confidence_inputs,
    residual_heights,
)
from ..landmark_places import blazepose_places
from ..skeleton import JOINT_COUNT, JOINT_NAMES
from ..track_motion import motion_of_track
from ..whole_file import whole_file
from .clips import MotionLibrary, WindowSampler, load_motion_library
from .evaluation.reliability import draw_reliability, reliability_bins, reliability_table
from .evaluation.simulated_tracks import simulated_track
from .lost_limbs import LostLimbSettings
from .simulator import BENCHMARK, SimulatedViews, simulate
from .torch_body import TorchBody
from .trained_networks import load_open_estimator

FloatArray = NDArray[np.floating[Any]]

WINDOW_COUNT, FRAME_COUNT, SEED = 64, 96, 77
HIDING: Final = replace(
    BENCHMARK, rendered_share=0.75, lost_limbs=LostLimbSettings(share=0.04, both_legs_probability=0.1)
)
"""The benchmark's views, with limbs that nobody sees."""
RIDGE: Final = 1e-3


def calibrate(
    motions: Path, weights: Path, output: Path, plot: Path | None = None, report: Callable[[str], None] = print
) -> None:
    """Fit the calibration and write it as JSON, whole or not at all; draw how it does on other views of the same split.

    Args:
        motions: the motion-capture npz; its validation split is used.
        weights: folder of the estimator's weights.
    Raises:
        MotionDataError, WeightsError, OutputError: a file cannot be used.
    """
    torch.set_num_threads(1)
    library = load_motion_library(motions)
    views = hidden_views(library)
    inputs, error_m = simulated_confidence_inputs(views, weights, report)
    calibration = fit_calibration(inputs, error_m < NEAR_M)
    table = {
        "command": f"python -m core calibrate --motions {motions.name}",
        "near_m": NEAR_M,
        "weights": calibration.weights.round(4).tolist(),
        "joint_biases": dict(zip(JOINT_NAMES, calibration.joint_biases.round(4).tolist(), strict=True)),
    }
    with whole_file(output) as partial:
        partial.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    report(f"{len(inputs)} frames: {(error_m < NEAR_M).mean():.0%} of the joints are within {1000 * NEAR_M:.0f} mm")
    if plot is not None:
        views = hidden_views(library, seed=SEED + 1)
        inputs, error_m = simulated_confidence_inputs(views, weights, report)
        bins = reliability_bins(chance(inputs, calibration), error_m, NEAR_M)
        draw_reliability({"simulated, other views": bins}, plot)
        report(reliability_table(bins, NEAR_M).text())


def hidden_views(library: MotionLibrary, split: str = "val", seed: int = SEED) -> SimulatedViews:
    """Return fixed views of a split in which limbs are hidden now and then."""
    starts = WindowSampler(library, split, FRAME_COUNT).starts(WINDOW_COUNT, np.random.default_rng(seed))
    windows = library.windows(starts, FRAME_COUNT, library.frame_rate)
    body = TorchBody(load_body_file(open_body_path()))
    return simulate(windows, library.frame_rate, body, HIDING, torch.Generator().manual_seed(seed))


def simulated_confidence_inputs(
    views: SimulatedViews, weights: Path, report: Callable[[str], None]
) -> tuple[FloatArray, FloatArray]:
    """Return the regression's inputs (N, 24, 3) and the joints' errors (N, 24) in metres, for all views' frames."""
    estimator = load_open_estimator(weights)
    inputs, errors = [], []
    for index in range(len(views.visibility)):
        track, view = simulated_track(views, index)
        motion = motion_of_track(track, estimator.estimate(track, None, view, "track"), view, estimator.body, {})
        places_px = view.project(blazepose_places(motion.keypoints.astype(np.float64)))
        residual = residual_heights(places_px, track.keypoints2d_px)
        inputs.append(confidence_inputs(track.visibility, residual, track.timestamps))
        errors.append(joint_errors_m(motion.keypoints, views.landmarks[index].numpy()))
        if (index + 1) % 16 == 0:
            report(f"{index + 1} of {len(views.visibility)} clips")
    return np.concatenate(inputs), np.concatenate(errors)


def joint_errors_m(landmarks: FloatArray, true_landmarks: FloatArray) -> FloatArray:
    """Return (T, 24): the error of the landmarks (T, 33, 3) that decide each joint, hips laid over each other."""
    hips = [23, 24]
    moved = landmarks - landmarks[:, hips].mean(axis=1, keepdims=True)
    true = true_landmarks - true_landmarks[:, hips].mean(axis=1, keepdims=True)
    errors: FloatArray = np.linalg.norm(moved - true, axis=-1) @ JOINT_LANDMARK_WEIGHTS.T
    return errors


def fit_calibration(inputs: FloatArray, is_near: NDArray[np.bool_]) -> Calibration:
    """Return the logistic regression of inputs (N, 24, 3) to whether each joint (N, 24) was near the truth."""
    sign = np.where(is_near, 1.0, -1.0)

    def objective(parameters: FloatArray) -> tuple[float, FloatArray]:
        weights, biases = parameters[:INPUT_COUNT], parameters[INPUT_COUNT:]
        margin = sign * (inputs @ weights + biases)
        slope = -sign / (1 + np.exp(np.clip(margin, -30, 30))) / len(inputs)
        gradient = np.concatenate([np.einsum("njk,nj->k", inputs, slope), slope.sum(axis=0)])
        loss = np.logaddexp(0, -margin).sum() / len(inputs)
        return float(loss + RIDGE * (parameters**2).sum()), gradient + 2 * RIDGE * parameters

    found = minimize(objective, np.zeros(INPUT_COUNT + JOINT_COUNT), jac=True, method="L-BFGS-B")
    return Calibration(found.x[:INPUT_COUNT], found.x[INPUT_COUNT:])
