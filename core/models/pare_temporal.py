"""The paper's estimator on PARE's features: temporal encoder, heads W_i, camera and shape, with its baselines. Torch.

Starts from PARE's own heads. With `residual` an untrained encoder leaves PARE's result as it is.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from ..skeleton import BETA_COUNT, JOINT_COUNT
from .encoders import EncoderConfig, build_encoder
from .pare import CAMERA_SHAPE_SIZE, FEATURE_SIZE, PareNetwork

UNTRAINED: Final = EncoderConfig(residual=True)
"""Leaves PARE's result as it is until it is trained. The paper has no residual."""


class PareTemporalOutput(NamedTuple):
    """What the estimator says about each sequence."""

    encoded_features: Tensor
    """(B, T, 24, 128) f~."""
    rot6d: Tensor
    """(B, T, 24, 6) interleaved columns, not yet orthonormal."""
    weak_camera: Tensor
    """(B, T, 3) relative to the crop."""
    betas: Tensor
    """(B, T, 10)"""


class PareTemporalEstimator(nn.Module):
    """Features of a clip to rotations through the encoder, and to camera and shape without it.

    Source: paper, equation 1 and section 2.3; the encoder's configuration holds what differs.
    """

    def __init__(self, config: EncoderConfig = UNTRAINED) -> None:
        super().__init__()
        self.config = config
        self.encoder = build_encoder(config)
        self.heads = nn.Parameter(torch.randn(JOINT_COUNT, 6, FEATURE_SIZE) * 0.03)
        self.camera_shape_features = nn.Linear(FEATURE_SIZE, CAMERA_SHAPE_SIZE).requires_grad_(False)
        self.camera = nn.Linear(CAMERA_SHAPE_SIZE * JOINT_COUNT, 3)
        self.shape = nn.Linear(CAMERA_SHAPE_SIZE * JOINT_COUNT, BETA_COUNT)

    def forward(self, pose_features: Tensor) -> PareTemporalOutput:
        """Return all outputs of features (B, T, 24, 128)."""
        encoded: Tensor = self.encoder(pose_features)
        rot6d = torch.einsum("...jc,joc->...jo", encoded, self.heads)
        # c_i bypasses the encoder; the weights read all joints of one channel after another, as PARE's.
        joined = self.camera_shape_features(pose_features).transpose(-1, -2).flatten(-2)
        return PareTemporalOutput(encoded, rot6d, self.camera(joined), self.shape(joined))

    def start_from(self, pare: PareNetwork) -> None:
        """Take the heads, and the camera and shape layers, of PARE."""
        head = pare.head
        with torch.no_grad():
            self.heads.copy_(head.pose_mlp.stacked())
            self.camera_shape_features.weight.copy_(head.smpl_final_layer.weight[:, :, 0, 0])
            self.camera_shape_features.bias.copy_(_bias(head.smpl_final_layer))
            self.camera.load_state_dict(head.cam_mlp.state_dict())
            self.shape.load_state_dict(head.shape_mlp.state_dict())


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
