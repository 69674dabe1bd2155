"""Which parts of a leg's foot stand on something: dilated convolutions over time. Torch only; ONNX runs its twin."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..contact_features import CONTACT_FEATURE_SIZE, PARTS_OF_A_FOOT

KERNEL_FRAMES = 5


@dataclass(frozen=True)
class ContactConfig:
    """Sizes; they travel in the header of the weight file.

    Attributes:
        hidden_size: channels.
        dilations: of the blocks, in frames at the network's rate; they look 2 frames of it to each side.
    """

    hidden_size: int = 64
    dilations: tuple[int, ...] = (1, 2, 4, 8)


class ContactOutput(NamedTuple):
    """The network's answer."""

    logits: Tensor
    """(N, F, 2) of heel and toe; 0 is as likely as not."""


class ContactNetwork(nn.Module):
    """Features of N legs over F frames to logits of heel and toe."""

    features_mean: Tensor
    features_std: Tensor

    def __init__(self, config: ContactConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ContactConfig()
        self.register_buffer("features_mean", torch.zeros(CONTACT_FEATURE_SIZE))
        self.register_buffer("features_std", torch.ones(CONTACT_FEATURE_SIZE))
        self.stem = nn.Linear(CONTACT_FEATURE_SIZE, config.hidden_size)
        self.blocks = nn.ModuleList(
            nn.Conv1d(config.hidden_size, config.hidden_size, KERNEL_FRAMES, dilation=dilation, padding=2 * dilation)
            for dilation in config.dilations
        )
        self.head = nn.Linear(config.hidden_size, PARTS_OF_A_FOOT)

    def standardise_on(self, features: Tensor) -> None:
        """Take mean and spread of the input from a sample (M, 115)."""
        self.features_mean.copy_(features.mean(0))
        self.features_std.copy_(features.std(0).clamp_min(0.02))

    def forward(self, contact_features: Tensor) -> ContactOutput:
        """Return the logits (N, F, 2) of features (N, F, 115)."""
        x = (contact_features - self.features_mean) / self.features_std
        x = F.gelu(self.stem(x)).transpose(1, 2)
        for block in self.blocks:
            x = x + F.gelu(block(x))
        return ContactOutput(self.head(x.transpose(1, 2)))
