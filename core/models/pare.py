"""PARE: a crop of one person to per-joint features, part maps, 6-D rotations, weak camera and shape. Torch only.

`PareNetwork` takes the names of the published weights; `pare_weights` loads them.
Source: Kocabas et al., "PARE: Part Attention Regressor for 3D Human Body Estimation", and the paper's section 2.2.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..skeleton import BETA_COUNT, JOINT_COUNT
from .hrnet import MAP_CHANNELS, HRNetW32

FEATURE_SIZE: Final = 128
CAMERA_SHAPE_SIZE: Final = 64
ROT6D_SIZE: Final = 6
CROP_SIDE: Final = 224
"""Pixels of the network's square input."""


class PareOutput(NamedTuple):
    """What PARE says about each crop."""

    pose_features: Tensor
    """(N, 24, 128) f_i, at least zero."""
    camera_shape_features: Tensor
    """(N, 24, 64) c_i."""
    part_attention: Tensor
    """(N, 24, 56, 56) logits of where each joint's part is; softmax over the pixels gives the attention."""
    rot6d: Tensor
    """(N, 24, 6) interleaved columns, not yet orthonormal."""
    weak_camera: Tensor
    """(N, 3) scale s, then t_x and t_y in metres, relative to the crop."""
    betas: Tensor
    """(N, 10)"""


class PoseHeads(nn.Module):
    """24 independent linear heads W_i without bias; the weight has the shape of the published one."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, ROT6D_SIZE, FEATURE_SIZE, JOINT_COUNT, 1, 1) * 0.03)

    def stacked(self) -> Tensor:
        """Return W (24, 6, 128), one matrix for each joint."""
        return self.weight[0, :, :, :, 0, 0].permute(2, 0, 1)

    def forward(self, pose_features: Tensor) -> Tensor:
        """Return (..., 24, 6) of features (..., 24, 128)."""
        return torch.einsum("...jc,joc->...jo", pose_features, self.stacked())


class PareHead(nn.Module):
    """The part branch says where each joint is seen, the other branch what is seen there.

    Source: paper, section 2.2 (f_i), and 2.3 (W_i, W_c, W_beta).
    """

    def __init__(self) -> None:
        super().__init__()
        self.keypoint_deconv_layers = _convolutions()
        self.smpl_deconv_layers = _convolutions()
        self.keypoint_final_layer = nn.Conv2d(FEATURE_SIZE, JOINT_COUNT + 1, 1)
        self.smpl_final_layer = nn.Conv2d(FEATURE_SIZE, CAMERA_SHAPE_SIZE, 1)
        self.pose_mlp = PoseHeads()
        self.cam_mlp = nn.Linear(CAMERA_SHAPE_SIZE * JOINT_COUNT, 3)
        self.shape_mlp = nn.Linear(CAMERA_SHAPE_SIZE * JOINT_COUNT, BETA_COUNT)

    def forward(self, joined_map: Tensor) -> PareOutput:
        """Return all outputs of the backbone's map (N, 480, 56, 56)."""
        # The first map is the background.
        part_attention = self.keypoint_final_layer(self.keypoint_deconv_layers(joined_map))[:, 1:]
        attention = torch.softmax(part_attention.flatten(2), dim=-1)
        seen = self.smpl_deconv_layers(joined_map).flatten(2)
        pose_features = torch.einsum("njp,ncp->njc", attention, seen)
        camera_shape_features = self.camera_shape_features(pose_features)
        weak_camera, betas = self.camera_shape(camera_shape_features)
        return PareOutput(
            pose_features,
            camera_shape_features,
            part_attention,
            self.pose_mlp(pose_features),
            weak_camera,
            betas,
        )

    def camera_shape_features(self, pose_features: Tensor) -> Tensor:
        """Return c (..., 24, 64) of f (..., 24, 128).

        Note: the published network pools a second map. That map is an affine image of the first, pixel by pixel, and
        the attention sums to one, so the pooled values are the same affine image of f.
        """
        return F.linear(pose_features, self.smpl_final_layer.weight[:, :, 0, 0], self.smpl_final_layer.bias)

    def camera_shape(self, camera_shape_features: Tensor) -> tuple[Tensor, Tensor]:
        """Return weak camera (..., 3) and betas (..., 10) of c (..., 24, 64)."""
        # The published weights read all joints of one channel after another.
        joined = camera_shape_features.transpose(-1, -2).flatten(-2)
        return self.cam_mlp(joined), self.shape_mlp(joined)


class PareNetwork(nn.Module):
    """Backbone and head."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = HRNetW32()
        self.head = PareHead()

    def forward(self, image: Tensor) -> PareOutput:
        """Return all outputs of images (N, 3, 224, 224): RGB in [0, 1], then ImageNet's mean and deviation."""
        output: PareOutput = self.head(self.backbone(image))
        return output


def _convolutions() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(MAP_CHANNELS, FEATURE_SIZE, 3, padding=1, bias=False),
        nn.BatchNorm2d(FEATURE_SIZE),
        nn.ReLU(),
        nn.Conv2d(FEATURE_SIZE, FEATURE_SIZE, 3, padding=1, bias=False),
        nn.BatchNorm2d(FEATURE_SIZE),
        nn.ReLU(),
    )
