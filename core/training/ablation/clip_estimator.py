"""The paper's estimator on the open lifter's features, with any encoder, and its losses. Torch only."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...models.encoders import EncoderConfig, build_encoder
from ...models.landmark_lifter import OBSERVABLE_BETAS, LandmarkLifter
from ..loss_presets import Regularisation, regularisation_loss
from ..losses import keypoint2d_loss, keypoint3d_loss, smpl_pose_loss, smpl_shape_loss
from ..torch_body import TorchBody
from ..torch_camera import project, weak_camera_to_pelvis
from ..torch_rotations import rot6d_to_rotmat
from ..train_lifter import posed_landmarks
from .feature_windows import WindowBatch


class ClipOutput(NamedTuple):
    """What the estimator says about B windows of T frames."""

    encoded_features: Tensor
    """(B, T, 24, 128) f~."""
    rotmat: Tensor
    """(B, T, 24, 3, 3)"""
    weak_camera: Tensor
    """(B, T, 3)"""
    betas: Tensor
    """(B, T, 10)"""


class ClipEstimator(nn.Module):
    """Encoder, heads W_i on f~, and the camera-shape branch on f, which starts as the lifter's.

    Source: paper, section 2.3: heads, W_c and W_beta learn, the layer that makes c_i does not.
    """

    def __init__(self, config: EncoderConfig, lifter: LandmarkLifter) -> None:
        super().__init__()
        self.config = config
        self.encoder = build_encoder(config)
        self.heads = copy.deepcopy(lifter.heads).requires_grad_(True)
        self.camera_shape = copy.deepcopy(lifter.camera_shape).requires_grad_(True)
        self.camera_shape.reduce.requires_grad_(False)

    def forward(self, pose_features: Tensor) -> ClipOutput:
        """Return all outputs of features (B, T, 24, 128)."""
        encoded = self.encoder(pose_features)
        weak_camera, betas = self.camera_shape(pose_features)
        return ClipOutput(encoded, rot6d_to_rotmat(self.heads(encoded)), weak_camera, betas)


def clip_losses(
    output: ClipOutput, batch: WindowBatch, body: TorchBody, regularisation: Regularisation
) -> dict[str, Tensor]:
    """Return the named losses of equation 5 but the adversarial one.

    Note: betas that landmarks cannot show stay out of L_SMPL: the lifter has no output for them.
    """
    landmarks = posed_landmarks(output.rotmat, output.betas, body)
    pelvis = weak_camera_to_pelvis(output.weak_camera, batch.box_center, batch.box_half_side, batch.focal)
    shapes = (betas[..., :OBSERVABLE_BETAS] for betas in (output.betas, batch.betas))
    return {
        "keypoint3d": keypoint3d_loss(landmarks, batch.landmarks),
        "keypoint2d": keypoint2d_loss(project(landmarks, pelvis, batch.focal), batch.keypoints2d, batch.box_half_side),
        "pose": smpl_pose_loss(output.rotmat, batch.rotmat),
        "betas": smpl_shape_loss(*shapes),
        "feature_regularisation": regularisation_loss(output.encoded_features, batch.pose_features, regularisation),
    }


@torch.no_grad()
def estimate_landmarks(network: ClipEstimator, pose_features: Tensor, body: TorchBody, window: int | None) -> Tensor:
    """Return landmarks (N, T, 33, 3) of features (N, T, 24, 128).

    Args:
        window: None for the whole track in one pass; else windows of that many frames, one after the other, each from
            the zero state, as VIBE's evaluation cuts them. T must be a multiple of it.
    """
    count, frames = pose_features.shape[:2]
    if window is not None:
        pose_features = pose_features.reshape(-1, window, *pose_features.shape[2:])
    output: ClipOutput = network(pose_features)
    landmarks = posed_landmarks(output.rotmat, output.betas, body)
    return landmarks.reshape(count, frames, *landmarks.shape[2:])
