"""The per-frame backbone on open data: landmark evidence to per-joint features, rotations, weak camera and shape.

It stands where the paper has PARE: one non-negative 128-d feature f_i for each joint, from which linear heads read the
6-D rotations, and a camera-shape branch. Torch only; the estimate path runs its ONNX twin.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..skeleton import BETA_COUNT, JOINT_COUNT

EVIDENCE_SIZE = 201
FEATURE_SIZE = 128
CAMERA_SHAPE_SIZE = 64
ROT6D_SIZE = 6
IDENTITY_ROT6D = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MINIMUM_SCALE = 0.05
OBSERVABLE_BETAS = 3
"""Landmarks show size and build; what the other betas change they do not show, so those stay at the average."""


@dataclass(frozen=True)
class LifterConfig:
    """Sizes of the trunk; they travel in the header of the weight file."""

    hidden_size: int = 768
    block_count: int = 2


class LifterOutput(NamedTuple):
    """What the lifter says about each frame (any leading axes `...`)."""

    pose_features: Tensor
    """(..., 24, 128), at least zero."""
    weak_camera: Tensor
    """(..., 3) scale s > 0 and t_x, t_y of the pelvis in metres, relative to the landmark box."""
    betas: Tensor
    """(..., 10)"""
    rot6d: Tensor
    """(..., 24, 6) interleaved columns, not yet orthonormal."""


class RotationHeads(nn.Module):
    """24 independent linear heads W_i: a feature of each joint to its 6-D rotation, plus the identity.

    Source: paper, section 2.3 (theta_i = W_i f_i). Differs: the identity is added, so that
    zero is no rotation.
    """

    identity: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(JOINT_COUNT, ROT6D_SIZE, FEATURE_SIZE) * 0.03)
        self.register_buffer("identity", torch.tensor(IDENTITY_ROT6D), persistent=False)

    def forward(self, pose_features: Tensor) -> Tensor:
        """Return (..., 24, 6) of features (..., 24, 128)."""
        rot6d: Tensor = torch.einsum("...jc,joc->...jo", pose_features, self.weight) + self.identity
        return rot6d


class CameraShapeBranch(nn.Module):
    """c_i = 64-d of each joint's feature; their concatenation gives weak camera and betas by one linear layer each.

    Source: paper, section 2.3 (c_w = W_c c, beta = W_beta c). Differs: softplus keeps the scale positive, and
    the last seven betas are zero.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reduce = nn.Linear(FEATURE_SIZE, CAMERA_SHAPE_SIZE)
        self.camera = nn.Linear(JOINT_COUNT * CAMERA_SHAPE_SIZE, 3)
        self.shape = nn.Linear(JOINT_COUNT * CAMERA_SHAPE_SIZE, OBSERVABLE_BETAS)
        with torch.no_grad():
            self.camera.weight.mul_(0.1)
            self.camera.bias.copy_(torch.tensor([0.9, 0.0, 0.0]))
            self.shape.weight.mul_(0.1)
            self.shape.bias.zero_()

    def forward(self, pose_features: Tensor) -> tuple[Tensor, Tensor]:
        """Return weak camera (..., 3) and betas (..., 10) of features (..., 24, 128)."""
        joined = self.reduce(pose_features).flatten(-2)
        raw = self.camera(joined)
        scale = F.softplus(2.0 * raw[..., :1]) / 2.0 + MINIMUM_SCALE
        betas = F.pad(self.shape(joined), (0, BETA_COUNT - OBSERVABLE_BETAS))
        return torch.cat([scale, raw[..., 1:]], dim=-1), betas


class ResidualBlock(nn.Module):
    """x + LayerNorm(GELU(Linear x))."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, size)
        self.norm = nn.LayerNorm(size)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape (..., size)."""
        normed: Tensor = self.norm(F.gelu(self.linear(x)))
        return x + normed


class LandmarkLifter(nn.Module):
    """Evidence of one frame to per-joint features, rotations, weak camera and betas."""

    evidence_mean: Tensor
    evidence_std: Tensor

    def __init__(self, config: LifterConfig | None = None) -> None:
        super().__init__()
        self.config = config or LifterConfig()
        size = self.config.hidden_size
        self.register_buffer("evidence_mean", torch.zeros(EVIDENCE_SIZE))
        self.register_buffer("evidence_std", torch.ones(EVIDENCE_SIZE))
        self.stem = nn.Linear(EVIDENCE_SIZE, size)
        self.stem_norm = nn.LayerNorm(size)
        self.blocks = nn.ModuleList(ResidualBlock(size) for _ in range(self.config.block_count))
        self.features = nn.Linear(size, JOINT_COUNT * FEATURE_SIZE)
        self.heads = RotationHeads()
        self.camera_shape = CameraShapeBranch()

    def standardise_on(self, evidence: Tensor) -> None:
        """Set the input's mean and standard deviation from samples (N, 201)."""
        self.evidence_mean.copy_(evidence.mean(dim=0))
        # A nearly constant input must not be blown up.
        self.evidence_std.copy_(evidence.std(dim=0).clamp_min(0.05))

    def pose_features(self, evidence: Tensor) -> Tensor:
        """Return f (..., 24, 128), at least zero as PARE's, of evidence (..., 201)."""
        x = self.stem_norm(F.gelu(self.stem((evidence - self.evidence_mean) / self.evidence_std)))
        for block in self.blocks:
            x = block(x)
        features: Tensor = F.relu(self.features(x)).unflatten(-1, (JOINT_COUNT, FEATURE_SIZE))
        return features

    def forward(self, evidence: Tensor) -> LifterOutput:
        """Return all outputs of evidence (..., 201)."""
        pose_features = self.pose_features(evidence)
        weak_camera, betas = self.camera_shape(pose_features)
        return LifterOutput(pose_features, weak_camera, betas, self.heads(pose_features))
