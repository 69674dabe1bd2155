"""Runs an estimator over simulated views, as over tracks of a video, and poses what it says."""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ...body_model import BodyModel
from ...decomposed_estimator import DecomposedEstimator
from ...evidence import landmark_evidence
from ...rotations import rot6d_to_rotmat
from ...skeleton import BODY_LANDMARKS, LEFT_HIP_LANDMARK, RIGHT_HIP_LANDMARK
from ...smoothing import smooth_rot6d
from ..simulator import SimulatedViews
from .metrics import acceleration, rooted

FloatArray = NDArray[np.floating[Any]]

IMAGE_SIZE = (1920, 1080)
Stage = Literal["per_frame", "prior"]
HIPS_AMONG_BODY: Final = [BODY_LANDMARKS.index(hip) for hip in (LEFT_HIP_LANDMARK, RIGHT_HIP_LANDMARK)]
_SLOWEST_HZ, _BISECTIONS = 0.5, 12


@dataclass(frozen=True)
class PosedTracks:
    """N tracks of T frames as rotations, shapes and landmarks.

    Attributes:
        rotmat: (N, T, 24, 3, 3) local rotations.
        betas: (N, 10).
        landmarks: (N, T, 33, 3) metres, camera axes; the rest pelvis of the shape is where it is.
    """

    rotmat: FloatArray
    betas: FloatArray
    landmarks: FloatArray


@dataclass(frozen=True)
class RawEstimates:
    """What the networks say about N tracks of T frames.

    Attributes:
        per_frame, prior: (N, T, 24, 6) without and with the temporal prior.
        betas: (N, 10) the median of each track.
    """

    per_frame: FloatArray
    prior: FloatArray
    betas: FloatArray
    frame_rate_hz: float


def estimate_tracks(
    views: SimulatedViews, estimator: DecomposedEstimator, window: Literal["track"] | int = "track"
) -> RawEstimates:
    """Run the estimator on every track; `window` as in DecomposedEstimator.estimate."""
    pixels = max(IMAGE_SIZE) / 2
    frame_ids = np.arange(views.keypoints2d.shape[1])
    sequences = []
    for index in range(len(views.keypoints2d)):
        evidence = landmark_evidence(
            views.keypoints2d[index].numpy() * pixels + np.array(IMAGE_SIZE) / 2,
            views.world_landmarks[index].numpy(),
            views.visibility[index].numpy(),
            float(views.focal[index]) * pixels,
            IMAGE_SIZE,
        )
        sequences.append(estimator.estimate(evidence, frame_ids, views.frame_rate_hz, window))
    return RawEstimates(
        np.stack([sequence.rot6d_per_frame for sequence in sequences]),
        np.stack([sequence.rot6d for sequence in sequences]),
        np.stack([np.median(sequence.betas, axis=0) for sequence in sequences]),
        views.frame_rate_hz,
    )


def pose_estimates(raw: RawEstimates, stage: Stage, body: BodyModel, cutoff_hz: float | None = None) -> PosedTracks:
    """Return the tracks of one stage, smoothed where a cut-off is given."""
    rot6d: FloatArray = getattr(raw, stage)
    frame_ids = np.arange(rot6d.shape[1])
    smoothed = [smooth_rot6d(track, frame_ids, raw.frame_rate_hz, cutoff_hz) for track in rot6d]
    return pose_rotations(rot6d_to_rotmat(np.stack(smoothed)), raw.betas, body)


def matched_cutoff_hz(raw: RawEstimates, body: BodyModel, true_acc: float) -> float:
    """Return the cut-off at which the smoothed per-frame tracks accelerate on average as much as given.

    Args:
        true_acc: mm/frame^2, such as the ACC of what they are compared with: a smoother estimate is no better estimate.
    """
    low, high = math.log(_SLOWEST_HZ), math.log(raw.frame_rate_hz / 2)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        tracks = pose_estimates(raw, "per_frame", body, math.exp(middle)).landmarks[..., list(BODY_LANDMARKS), :]
        acc, _ = acceleration([rooted(track, HIPS_AMONG_BODY) for track in tracks], list(tracks))
        low, high = (low, middle) if acc > true_acc else (middle, high)
    return math.exp((low + high) / 2)


def pose_rotations(rotmat: FloatArray, betas: FloatArray, body: BodyModel) -> PosedTracks:
    """Return the tracks of rotations (N, T, 24, 3, 3) and shapes (N, 10)."""
    transl = np.zeros((rotmat.shape[1], 3))
    landmarks = np.stack(
        [body.pose_landmarks(track, shape, transl) for track, shape in zip(rotmat, betas, strict=True)]
    )
    return PosedTracks(rotmat, betas, landmarks)


def true_tracks(views: SimulatedViews) -> PosedTracks:
    """Return the truth of simulated views."""
    return PosedTracks(
        views.rotmat.numpy().astype(np.float64), views.betas[:, 0].numpy(), views.landmarks.numpy().astype(np.float64)
    )


def posed_surface(tracks: PosedTracks, body: BodyModel, frame_step: int) -> FloatArray:
    """Return the surfaces (N, F, V, 3) of every `frame_step`-th frame, metres."""
    chosen = tracks.rotmat[:, ::frame_step].astype(np.float32)
    transl = np.zeros((chosen.shape[1], 3), np.float32)
    return np.stack(
        [body.pose_vertices(track, shape, transl) for track, shape in zip(chosen, tracks.betas, strict=True)]
    )
