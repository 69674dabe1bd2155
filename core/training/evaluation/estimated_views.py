"""Simulated views taken through all that `estimate` does after the tracker: side repair, networks, refinement."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...left_right_repair import repair_left_right
from ...open_backbone import OpenEstimator
from ...settings import Root
from ...skeleton import CONTACT_LANDMARKS
from ...track_motion import motion_of_track
from ..metrics import MM_PER_M, mean_distance_mm
from ..simulator import SimulatedViews
from .simulated_tracks import simulated_track

FloatArray = NDArray[np.floating[Any]]

STANDING_M_S: Final = 0.15
"""A true foot slower than this stands."""


@dataclass(frozen=True)
class EstimatedViews:
    """The result on N views of T frames, camera axes, metres.

    Attributes:
        landmarks: (N, T, 33, 3) where they are in front of the camera.
        pelvis: (N, T, 3).
    """

    landmarks: FloatArray
    pelvis: FloatArray


@dataclass(frozen=True)
class PlaceErrors:
    """Where a whole result stands in space, against the truth.

    Attributes:
        root_mm: distance of the pelvis; size times focal length decide it.
        scaled_root_mm: the same after the best scale of each window about the camera.
        jitter_mm_per_frame2: of the pelvis.
        sliding_mm_per_frame: of standing feet.
    """

    root_mm: float
    scaled_root_mm: float
    jitter_mm_per_frame2: float
    sliding_mm_per_frame: float


def estimate_as_released(views: SimulatedViews, backbone: OpenEstimator, root: Root) -> EstimatedViews:
    """Return what `estimate --root ...` would make of the views."""
    motions = []
    for index in range(len(views.keypoints2d)):
        seen, view = simulated_track(views, index)
        track, _ = repair_left_right(seen)
        poses = backbone.estimate(track, None, view, "track")
        motions.append(motion_of_track(track, poses, view, backbone.body, {}, root))
    return EstimatedViews(
        np.stack([motion.keypoints for motion in motions]).astype(np.float64),
        np.stack([motion.joints[:, 0] for motion in motions]).astype(np.float64),
    )


def sliding_mm_per_frame(landmarks: FloatArray, true_landmarks: FloatArray, frame_rate_hz: float) -> float:
    """Return how far heels and toes move from frame to frame while the true ones stand; NaN where none does.

    Args:
        landmarks, true_landmarks: (N, T, 33, 3) metres, both in the axes of a static camera.
    """
    steps, true_steps = (
        np.linalg.norm(np.diff(points[:, :, list(CONTACT_LANDMARKS)], axis=1), axis=-1)
        for points in (landmarks, true_landmarks)
    )
    stands = true_steps * frame_rate_hz < STANDING_M_S
    return float(steps[stands].mean() * MM_PER_M) if stands.any() else float("nan")


def place_errors(views: SimulatedViews, result: EstimatedViews) -> PlaceErrors:
    """Return how far a result is from the truth in space."""
    true = views.pelvis.numpy().astype(np.float64)
    scale = (result.pelvis * true).sum(axis=(1, 2)) / np.square(result.pelvis).sum(axis=(1, 2))
    true_landmarks = views.landmarks.numpy() + true[:, :, None]
    return PlaceErrors(
        mean_distance_mm(result.pelvis, true),
        mean_distance_mm(result.pelvis * scale[:, None, None], true),
        jitter_mm(result.pelvis),
        sliding_mm_per_frame(result.landmarks, true_landmarks, views.frame_rate_hz),
    )


def jitter_mm(positions: FloatArray) -> float:
    """Return the mean size of the second difference of positions (N, T, 3), mm/frame^2."""
    return float(np.linalg.norm(np.diff(positions, n=2, axis=1), axis=-1).mean() * MM_PER_M)
