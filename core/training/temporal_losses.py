"""What the frozen lifter says of windows, and the losses of the encoder that reads it."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..joint_context import joint_context
from ..models.landmark_lifter import LandmarkLifter
from ..models.temporal_encoder import TemporalOutput
from .losses import (
    acceleration_loss,
    feature_regularisation_loss,
    keypoint2d_loss,
    keypoint3d_distance,
    keypoint3d_loss,
    smpl_pose_loss,
)
from .simulator import SimulatedViews
from .torch_body import TorchBody
from .torch_camera import project, weak_camera_to_pelvis
from .torch_rotations import rot6d_to_rotmat
from .train_lifter import posed_landmarks, view_evidence


class WindowFeatures(NamedTuple):
    """What the frozen lifter says about a batch of windows."""

    pose_features: Tensor
    joint_context: Tensor
    betas: Tensor
    pelvis: Tensor
    box_half_side: Tensor


@torch.no_grad()
def window_features(lifter: LandmarkLifter, views: SimulatedViews) -> WindowFeatures:
    """Return the lifter's features, shape and root of simulated views (N, T)."""
    boxed = view_evidence(views)
    pose_features = lifter.pose_features(boxed.values)
    weak_camera, betas = lifter.camera_shape(pose_features)
    pelvis = weak_camera_to_pelvis(weak_camera, boxed.box_center, boxed.box_half_side, views.focal)
    context = torch.as_tensor(joint_context(views.visibility.numpy(), views.frame_rate_hz))
    return WindowFeatures(pose_features, context, betas, pelvis, boxed.box_half_side)


def generator_losses(
    output: TemporalOutput, features: WindowFeatures, views: SimulatedViews, body: TorchBody
) -> tuple[dict[str, Tensor], Tensor]:
    """Return the named losses of the encoder but the adversarial one, and its rotations (N, T, 24, 3, 3).

    Source: paper, equation 5.
    """
    rotmat = rot6d_to_rotmat(output.rot6d)
    landmarks = posed_landmarks(rotmat, features.betas, body)
    points = project(landmarks, features.pelvis, views.focal)
    losses = {
        "keypoint3d": keypoint3d_loss(landmarks, views.landmarks),
        "keypoint2d": keypoint2d_loss(points, views.true_keypoints2d, features.box_half_side),
        "pose": smpl_pose_loss(rotmat, views.rotmat),
        "feature_regularisation": feature_regularisation_loss(output.encoded_features, features.pose_features),
        "distance": keypoint3d_distance(landmarks, views.landmarks),
        "acceleration": acceleration_loss(landmarks, views.landmarks, views.frame_rate_hz),
    }
    return losses, rotmat
