"""VIBE for those who have its files: temporal encoder, iterative regressor, motion discriminator. Torch only.

The encoder is also the paper's holistic baseline (one GRU over all joints), the discriminator the paper's D_M.
Names of modules are those of the published weights; `vibe_weights` loads them.
Source: Kocabas et al., "VIBE: Video Inference for Human Body Pose and Shape Estimation"; Kanazawa et al., "End-to-end
Recovery of Human Shape and Pose" (the regressor).
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..skeleton import BETA_COUNT, JOINT_COUNT
from .resnet import RESNET_FEATURE_SIZE, ResNet50

ROT6D_TOTAL: Final = 6 * JOINT_COUNT
CAMERA_SIZE: Final = 3
BODY_POSE_SIZE: Final = 3 * (JOINT_COUNT - 1)
REGRESSOR_ITERATIONS: Final = 3


@dataclass(frozen=True)
class VibeEncoderConfig:
    """Sizes and options of the encoder; the defaults are those of the published weights.

    Attributes:
        feature_size: of the input and the output; 24 * 128 for the holistic baseline on PARE's features.
        is_bidirectional: VIBE's paper says so; its code and weights run forward only.
        has_linear: a ReLU and a linear layer back to the input's size after the GRU.
        has_residual: add the input; without the linear layer the GRU's output must have the input's size.
    """

    feature_size: int = RESNET_FEATURE_SIZE
    hidden_size: int = 1024
    layer_count: int = 2
    is_bidirectional: bool = False
    has_linear: bool = True
    has_residual: bool = True


class VibeTemporalEncoder(nn.Module):
    """One GRU over the feature of the whole body."""

    def __init__(self, config: VibeEncoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or VibeEncoderConfig()
        width = config.hidden_size * (2 if config.is_bidirectional else 1)
        if config.has_residual and not config.has_linear and width != config.feature_size:
            raise ValueError(f"A residual without a linear layer needs a GRU of {config.feature_size}, not {width}.")
        self.gru = nn.GRU(
            config.feature_size,
            config.hidden_size,
            config.layer_count,
            batch_first=True,
            bidirectional=config.is_bidirectional,
        )
        self.linear = nn.Linear(width, config.feature_size) if config.has_linear else None

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, T, C) of features (B, T, C); the initial state is zero."""
        encoded: Tensor = self.gru(features)[0]
        if self.linear is not None:
            encoded = self.linear(F.relu(encoded))
        return features + encoded if self.config.has_residual else encoded


class RegressorOutput(NamedTuple):
    """What the regressor says about each frame (any leading axes `...`)."""

    rot6d: Tensor
    """(..., 24, 6) interleaved columns, not yet orthonormal."""
    betas: Tensor
    """(..., 10)"""
    weak_camera: Tensor
    """(..., 3) scale s, then t_x and t_y in metres, relative to the crop."""


class HmrRegressor(nn.Module):
    """Corrects a mean pose, shape and camera in a few steps, looking at the feature and at its last answer.

    Note: between the two hidden layers there is no activation; in evaluation each step is affine.
    """

    init_pose: Tensor
    init_shape: Tensor
    init_cam: Tensor

    def __init__(self, dropout: float = 0.5) -> None:
        super().__init__()
        answer_size = ROT6D_TOTAL + BETA_COUNT + CAMERA_SIZE
        self.fc1 = nn.Linear(RESNET_FEATURE_SIZE + answer_size, 1024)
        self.drop1 = nn.Dropout(dropout)
        self.fc2 = nn.Linear(1024, 1024)
        self.drop2 = nn.Dropout(dropout)
        self.decpose = nn.Linear(1024, ROT6D_TOTAL)
        self.decshape = nn.Linear(1024, BETA_COUNT)
        self.deccam = nn.Linear(1024, CAMERA_SIZE)
        # The means travel with the weights; these are the identity, the mean shape and a body that fills the crop.
        self.register_buffer("init_pose", torch.tensor([[1.0, 0, 0, 1, 0, 0]]).repeat(1, JOINT_COUNT))
        self.register_buffer("init_shape", torch.zeros(1, BETA_COUNT))
        self.register_buffer("init_cam", torch.tensor([[0.9, 0.0, 0.0]]))

    def forward(self, features: Tensor, iterations: int = REGRESSOR_ITERATIONS) -> RegressorOutput:
        """Return rotations, shape and camera of features (..., 2048)."""
        axes = features.shape[:-1]
        pose, shape, camera = (mean[0].expand(*axes, -1) for mean in (self.init_pose, self.init_shape, self.init_cam))
        for _ in range(iterations):
            hidden = torch.cat([features, pose, shape, camera], dim=-1)
            hidden = self.drop2(self.fc2(self.drop1(self.fc1(hidden))))
            pose = pose + self.decpose(hidden)
            shape = shape + self.decshape(hidden)
            camera = camera + self.deccam(hidden)
        return RegressorOutput(pose.unflatten(-1, (JOINT_COUNT, 6)), shape, camera)


class HmrNetwork(nn.Module):
    """The per-frame network of HMR and SPIN: ResNet-50 and the regressor."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = ResNet50()
        self.regressor = HmrRegressor()

    def forward(self, image: Tensor) -> RegressorOutput:
        """Return rotations, shape and camera of images (N, 3, 224, 224), ImageNet normalisation."""
        output: RegressorOutput = self.regressor(self.resnet(image))
        return output


class VibeNetwork(nn.Module):
    """Encoder and regressor: features of a clip to rotations, shape and camera of its frames."""

    def __init__(self, config: VibeEncoderConfig | None = None) -> None:
        super().__init__()
        self.encoder = VibeTemporalEncoder(config)
        self.regressor = HmrRegressor()

    def forward(self, features: Tensor) -> RegressorOutput:
        """Return rotations, shape and camera of features (B, T, 2048)."""
        output: RegressorOutput = self.regressor(self.encoder(features))
        return output


class SelfAttention(nn.Module):
    """Weights the frames of a clip by a small network on each, and sums them."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.attention = nn.Sequential(
            nn.Linear(size, size), nn.Tanh(), nn.Dropout(dropout),
            nn.Linear(size, size), nn.Tanh(), nn.Dropout(dropout),
            nn.Linear(size, 1), nn.Tanh(), nn.Dropout(dropout),
        )  # fmt: skip
        for layer in self.attention:
            if isinstance(layer, nn.Linear):
                nn.init.uniform_(layer.weight, -0.1, 0.1)
                nn.init.constant_(layer.bias, 0.01)

    def forward(self, states: Tensor) -> Tensor:
        """Return (B, C) of states (B, T, C)."""
        weights = torch.softmax(self.attention(states), dim=1)
        return (weights * states).sum(dim=1)


class VibeMotionDiscriminator(nn.Module):
    """D_M: does this clip of body poses come from motion capture? Real tends to 1, made up to 0."""

    def __init__(self, hidden_size: int = 1024, layer_count: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        self.gru = nn.GRU(BODY_POSE_SIZE, hidden_size, layer_count, batch_first=True)
        self.attention = SelfAttention(hidden_size, dropout)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, body_pose: Tensor) -> Tensor:
        """Return scores (B,) of axis-angle body poses (B, T, 69) in radians; the root is not looked at.

        Note: no sigmoid; the losses are least squares.
        """
        states, _ = self.gru(body_pose)
        scores: Tensor = self.fc(self.attention(states))
        return scores[..., 0]
