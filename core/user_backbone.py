"""The backbone `onnx` in the pipeline: what a user's network says about one track, taken through the temporal prior.

Landmarks take the place of the tracker's and go the open estimator's whole way. Rotations are kept; the prior, which
knows the open estimator's features only, is asked what it would change about this very pose, and that is applied.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel, load_open_body
from .crop_backbone import CropModel, CropOutputs, crop_camera_to_pelvis
from .decomposed_estimator import DecomposedEstimator, PoseSequence, Window
from .evidence import Evidence
from .open_backbone import track_evidence
from .rotations import rot6d_to_rotmat, rotmat_to_rot6d
from .skeleton import BETA_COUNT
from .smpl_body import load_neutral_body
from .track_poses import TrackPoses, one_shape
from .tracks import Track
from .user_network import UserNetwork
from .view import View
from .weak_camera import weak_camera_to_pelvis

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


class UserEstimator:
    """What a user's network says of a track's crops, taken through the temporal prior; see `TrackEstimator`.

    Args:
        network: the user's.
        estimator: lifter and temporal network of the open estimator.
        smpl: the user's neutral SMPL file, on whose body shape and camera of the network then are; None for the open
            body, whose shape is the lifter's.
    Note: a network that gives no shape is taken on the open body, whatever `smpl` is.
    Raises:
        BodyFileError: the SMPL file cannot be used.
    """

    def __init__(self, network: UserNetwork, estimator: DecomposedEstimator, smpl: Path | None) -> None:
        self.crop_model: CropModel | None = network
        self._has_own_body = smpl is not None and bool(network.file.betas)
        self.body = load_neutral_body(smpl) if smpl is not None and self._has_own_body else load_open_body()
        self._estimator = estimator

    def estimate(self, track: Track, crop_outputs: CropOutputs | None, view: View, window: Window) -> TrackPoses:
        """Return the poses of one track."""
        assert crop_outputs is not None
        outputs = crop_outputs.outputs
        user = estimate_user_poses(outputs, track, self._estimator, load_open_body(), view, window)
        sequence = user.sequence
        betas = one_shape(outputs["betas"] if self._has_own_body else sequence.betas)
        if self._has_own_body and "weak_camera" in outputs:
            rest_pelvis = self.body.rest_joints(betas)[0]
            pelvis_cam = crop_camera_to_pelvis(outputs["weak_camera"], crop_outputs.boxes, view, rest_pelvis)
        else:
            pelvis_cam = weak_camera_to_pelvis(sequence.weak_camera, user.evidence, view.focal_length_px)
        return TrackPoses(sequence.rot6d_per_frame, sequence.rot6d, betas, pelvis_cam)


def estimate_user_poses(
    outputs: Mapping[str, NDArray[np.float32]],
    track: Track,
    estimator: DecomposedEstimator,
    body: BodyModel,
    view: View,
    window: Window = "track",
) -> UserPoses:
    """Return the poses of one track.

    Args:
        outputs: `rot6d` (T, 24, 6), or `landmarks` (T, 33, 3), of the user's network for the track's rows.
        estimator: lifter and temporal network of the open estimator.
        body: the open body, on which the lifter was trained.

    Note: shape and weak camera are the lifter's.
    """
    rot6d = outputs.get("rot6d")
    landmarks = outputs["landmarks"] if rot6d is None else _landmarks_of(rot6d, body)
    evidence = track_evidence(with_user_landmarks(track, landmarks), view)
    sequence = estimator.estimate(evidence, track.frame_ids, view.frame_rate_hz, window)
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
