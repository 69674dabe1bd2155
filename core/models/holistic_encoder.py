"""The holistic baseline: one GRU over the features of all 24 joints side by side, where the paper has one for each.

VIBE's temporal encoder on per-joint features. Torch only; training and evaluation use it, the estimate path does not.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..skeleton import JOINT_COUNT
from .landmark_lifter import FEATURE_SIZE
from .temporal_encoder import LAYER_COUNT, Direction

JOINED_SIZE = JOINT_COUNT * FEATURE_SIZE


@dataclass(frozen=True)
class HolisticConfig:
    """Options of the encoder; the defaults are the paper's mode at the decomposed encoder's number of parameters.

    Attributes:
        direction: `uni` looks back only, `bi` both ways.
        residual: add the input; the linear layer then starts at zero, so an untrained encoder changes nothing.
        hidden_size: of the one GRU; VIBE has 1024.
        has_relu: VIBE has a ReLU between GRU and linear layer. The paper's encoder has none, and a comparison at equal
            size must not halve one side's bottleneck.
    """

    direction: Direction = "uni"
    residual: bool = False
    hidden_size: int = 126
    has_relu: bool = False


class HolisticEncoder(nn.Module):
    """One 2-layer GRU with a linear layer back to the features' size: f to f~."""

    def __init__(self, config: HolisticConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or HolisticConfig()
        is_bidirectional = config.direction == "bi"
        self.gru = nn.GRU(
            JOINED_SIZE, config.hidden_size, LAYER_COUNT, batch_first=True, bidirectional=is_bidirectional
        )
        self.linear = nn.Linear(config.hidden_size * (2 if is_bidirectional else 1), JOINED_SIZE)
        if config.residual:
            nn.init.zeros_(self.linear.weight)
            nn.init.zeros_(self.linear.bias)

    def forward(self, pose_features: Tensor) -> Tensor:
        """Return f~ (B, T, 24, 128) of f (B, T, 24, 128); the initial state is zero."""
        states, _ = self.gru(pose_features.flatten(-2))
        encoded: Tensor = self.linear(F.relu(states) if self.config.has_relu else states)
        encoded = torch.unflatten(encoded, -1, (JOINT_COUNT, FEATURE_SIZE))
        return pose_features + encoded if self.config.residual else encoded
