"""Scores of a trained estimator on fixed views of the validation and the test split, for whole tracks and windows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...models.encoders import EncoderConfig
from ...models.landmark_lifter import LandmarkLifter
from ..evaluation.benchmark import DANCE, Benchmark
from ..evaluation.breakdown import REST, action_groups, open_scores
from ..evaluation.occlusion import hidden_joint_errors
from ..metrics import motion_errors
from ..simulator import SimulatedViews
from ..torch_body import TorchBody
from ..train_lifter import view_evidence
from .clip_estimator import ClipEstimator, estimate_landmarks

FloatArray = NDArray[np.floating[Any]]

HIDDEN_KEY = "held_joints_mm"
"""Named after how landmarks are hidden, so that results of another way are never put beside it."""
Scores = dict[str, Any]


@dataclass(frozen=True)
class ScoredViews:
    """Views of one split with the lifter's features."""

    benchmark: Benchmark
    pose_features: Tensor
    true_landmarks: FloatArray


@torch.no_grad()
def scored_views(benchmark: Benchmark, lifter: LandmarkLifter) -> ScoredViews:
    """Return a benchmark with its features, which are the same for all runs."""
    return ScoredViews(benchmark, _features(benchmark.views, lifter), benchmark.views.landmarks.numpy())


def validate(network: ClipEstimator, views: ScoredViews, body: TorchBody) -> tuple[float, float]:
    """Return PA-MPJPE and ACC ERR over whole tracks."""
    landmarks = estimate_landmarks(network, views.pose_features, body, None).numpy()
    errors = motion_errors(landmarks, views.true_landmarks)
    return errors.pa_mpjpe_mm, errors.acc_error_mm_per_frame2


def score(
    network: ClipEstimator, splits: Mapping[str, ScoredViews], lifter: LandmarkLifter, body: TorchBody, window: int
) -> Scores:
    """Return the scores of each split (whole tracks, windows, dance and the rest), and hidden joints of the first."""
    scores = {split: _score_split(network, views, body, window) for split, views in splits.items()}
    first, views = next(iter(splits.items()))

    def estimate(given: SimulatedViews) -> dict[str, FloatArray]:
        return {"run": estimate_landmarks(network, _features(given, lifter), body, None).numpy()}

    scores[first][HIDDEN_KEY] = hidden_joint_errors(views.benchmark.views, estimate)["run"]
    return scores


@torch.no_grad()
def feature_residual_rms(network: ClipEstimator, views: ScoredViews) -> float:
    """Return how far the encoder moves the features, as a root mean square."""
    encoded = network.encoder(views.pose_features)
    return float((encoded - views.pose_features).square().mean().sqrt())


def lifter_as_it_is(lifter: LandmarkLifter) -> ClipEstimator:
    """Return the estimator that is the lifter per frame: no encoder, nothing trained."""
    return ClipEstimator(EncoderConfig("none"), lifter).eval()


def _score_split(network: ClipEstimator, views: ScoredViews, body: TorchBody, window: int) -> Scores:
    frames = views.pose_features.shape[1]
    tracks = estimate_landmarks(network, views.pose_features, body, None).numpy()
    whole_windows = frames - frames % window
    cut = estimate_landmarks(network, views.pose_features[:, :whole_windows], body, window).numpy()
    true, scores = views.true_landmarks, {}
    scores["track"] = asdict(open_scores(tracks, true))
    scores["windows"] = asdict(open_scores(cut, true[:, :whole_windows]))
    groups = action_groups(views.benchmark.actions)
    for name in (DANCE, REST):
        if name in groups:
            scores[name] = asdict(open_scores(tracks[groups[name]], true[groups[name]]))
    return scores


@torch.no_grad()
def _features(views: SimulatedViews, lifter: LandmarkLifter) -> Tensor:
    """Return the lifter's features (N, T, 24, 128) of views."""
    return lifter.pose_features(view_evidence(views).values)
