"""The backbone `onnx` in the pipeline: what a user's network says about one track, taken through the temporal prior.

Landmarks take the place of the tracker's and go the open estimator's whole way. Rotations are kept; the prior, which
knows the open estimator's features only, is asked what it would change about this very pose, and that is applied.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .decomposed_estimator import DecomposedEstimator, PoseSequence
from .evidence import Evidence, landmark_evidence
from .rotations import rot6d_to_rotmat, rotmat_to_rot6d
from .skeleton import BETA_COUNT
from .tracks import Track

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class UserPoses:
    """One track's poses, and the landmark boxes that their weak camera refers to."""

    sequence: PoseSequence
    evidence: Evidence


def with_user_landmarks(track: Track, landmarks: FloatArray) -> Track:
    """Return the track with a network's landmarks (T, 33, 3) where it has some; NaN keeps the tracker's.

    Args:
        landmarks: metres, camera axes, rooted midway between the hips, as the track's.
    """
    return dataclasses.replace(track, world_landmarks=np.where(np.isnan(landmarks), track.world_landmarks, landmarks))


def estimate_user_poses(
    outputs: Mapping[str, NDArray[np.float32]],
    track: Track,
    estimator: DecomposedEstimator,
    body: BodyModel,
    focal_length_px: float,
    image_size: tuple[int, int],
    frame_rate_hz: float,
    window: Literal["track"] | int = "track",
) -> UserPoses:
    """Return the poses of one track.

    Args:
        outputs: `rot6d` (T, 24, 6), or `landmarks` (T, 33, 3), of the user's network for the track's rows.
        estimator: lifter and temporal network of the open estimator.
        body: the open body, on which the lifter was trained.

    Note: shape and weak camera are the lifter's.
    """
    rot6d = outputs.get("rot6d")
    if rot6d is None:
        seen = with_user_landmarks(track, outputs["landmarks"])
    else:
        seen = with_user_landmarks(track, _landmarks_of(rot6d, body))
    evidence = landmark_evidence(
        seen.keypoints2d_px, seen.world_landmarks, seen.visibility, focal_length_px, image_size
    )
    sequence = estimator.estimate(evidence, track.frame_ids, frame_rate_hz, window)
    if rot6d is not None:
        sequence = dataclasses.replace(
            sequence, rot6d_per_frame=rot6d, rot6d=apply_change(rot6d, sequence.rot6d_per_frame, sequence.rot6d)
        )
    return UserPoses(sequence, evidence)


def apply_change(rot6d: FloatArray, before: FloatArray, after: FloatArray) -> NDArray[np.float32]:
    """Return rotations (..., 6) turned as `after` is turned against `before`, in the joint's own axes.

    Note: where `after` is `before`, nothing changes.
    """
    own, old, new = (rot6d_to_rotmat(np.asarray(values, np.float64)) for values in (rot6d, before, after))
    return rotmat_to_rot6d(own @ old.swapaxes(-1, -2) @ new).astype(np.float32)


def _landmarks_of(rot6d: FloatArray, body: BodyModel) -> FloatArray:
    """Return the landmarks (T, 33, 3) of the body of mean shape in these poses, rooted midway between the hips."""
    rotmat = rot6d_to_rotmat(np.asarray(rot6d, np.float64))
    landmarks = body.pose_landmarks(rotmat, np.zeros(BETA_COUNT), np.zeros((len(rotmat), 3)))
    rooted: FloatArray = landmarks - landmarks[:, 23:25].mean(axis=1, keepdims=True)
    return rooted
