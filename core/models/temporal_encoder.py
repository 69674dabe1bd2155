"""The decomposed temporal encoder: 24 independent 2-layer GRUs, one for each joint, run as one batched computation.

The paper's f~_i = GRU_i(f_i) (equation 1), a linear layer back to 128, and the heads W_i on f~. Torch only; the
estimate path runs its ONNX twin.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import OptionError
from ..skeleton import JOINT_COUNT
from .landmark_lifter import FEATURE_SIZE, RotationHeads

HIDDEN_SIZE = 64
LAYER_COUNT = 2

CONTEXT_SIZE = 2
"""What a GRU is told beside its joint's feature: how well the joint is seen (0..1), and log2(frame rate / 30 Hz)."""

Direction = Literal["uni", "bi"]


@dataclass(frozen=True)
class TemporalConfig:
    """Options of the encoder; they travel in the header of the weight file.

    Note: the paper's mode is `direction="uni", residual=False`. With `residual` the linear layer starts at zero, so an
    untrained encoder leaves the per-frame result as it is. `has_relu` is VIBE's ReLU before the linear layer, which the
    paper does not mention; `has_context` gives each GRU the joint context beside the feature, which the paper has not.
    Headers of older weights name neither.
    """

    direction: Direction = "bi"
    residual: bool = True
    hidden_size: int = HIDDEN_SIZE
    has_relu: bool = False
    has_context: bool = False


class TemporalOutput(NamedTuple):
    """What the encoder says about each sequence."""

    encoded_features: Tensor
    """(B, T, 24, 128) f~."""
    rot6d: Tensor
    """(B, T, 24, 6)"""


def _gru_cell(from_input: Tensor, from_hidden: Tensor, hidden: Tensor) -> Tensor:
    """Return the next hidden state; gates in nn.GRU's order (reset, update, new)."""
    size = hidden.size(-1)
    reset, update = torch.sigmoid(from_input[..., : 2 * size] + from_hidden[..., : 2 * size]).chunk(2, -1)
    new = torch.tanh(from_input[..., 2 * size :] + reset * from_hidden[..., 2 * size :])
    return new + update * (hidden - new)


class GRUBankLayer(nn.Module):
    """One layer of J independent GRUs, one or two directions, with stacked weights.

    The bank's index is direction * J + joint; weights are stored input-first, the transpose of nn.GRU's.
    """

    def __init__(self, input_size: int, hidden_size: int, direction_count: int) -> None:
        super().__init__()
        self.hidden_size, self.direction_count = hidden_size, direction_count
        self.mixed_precision = False
        """Whether the input projection runs in bfloat16 (for training; the recurrence stays exact)."""
        bank, bound = direction_count * JOINT_COUNT, 1.0 / math.sqrt(hidden_size)

        def uniform(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.weight_ih = uniform(bank, input_size, 3 * hidden_size)
        self.weight_hh = uniform(bank, hidden_size, 3 * hidden_size)
        self.bias_ih = uniform(bank, 1, 3 * hidden_size)
        self.bias_hh = uniform(bank, 1, 3 * hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return (J, T, B, directions * hidden) of (J, T, B, input); the initial state is zero."""
        joints, frames, clips, _ = x.shape
        bank = self.direction_count * joints
        if self.direction_count == 2:
            x = torch.cat([x, x.flip(1)])
        # The whole input projection is one product; only the recurrence goes step by step.
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.mixed_precision):
            from_input = torch.baddbmm(self.bias_ih, x.reshape(bank, frames * clips, -1), self.weight_ih)
        hidden = x.new_zeros(bank, clips, self.hidden_size)
        states = []
        for step in from_input.float().view(bank, frames, clips, -1).unbind(1):
            hidden = _gru_cell(step, torch.baddbmm(self.bias_hh, hidden, self.weight_hh), hidden)
            states.append(hidden)
        output = torch.stack(states, dim=1)
        if self.direction_count == 2:
            output = torch.cat([output[:joints], output[joints:].flip(1)], dim=-1)
        return output


class JointTemporalEncoder(nn.Module):
    """24 independent GRUs with a linear layer back to the feature's size: f to f~."""

    def __init__(self, config: TemporalConfig | None = None) -> None:
        super().__init__()
        self.config = config or TemporalConfig()
        hidden_size = self.config.hidden_size
        self.direction_count = 2 if self.config.direction == "bi" else 1
        width = self.direction_count * hidden_size
        input_size = FEATURE_SIZE + (CONTEXT_SIZE if self.config.has_context else 0)
        self.layers = nn.ModuleList(
            GRUBankLayer(input_size if layer == 0 else width, hidden_size, self.direction_count)
            for layer in range(LAYER_COUNT)
        )
        bound = 0.0 if self.config.residual else 1.0 / math.sqrt(width)
        self.projection_weight = nn.Parameter(torch.empty(JOINT_COUNT, width, FEATURE_SIZE).uniform_(-bound, bound))
        self.projection_bias = nn.Parameter(torch.zeros(JOINT_COUNT, 1, FEATURE_SIZE))

    def forward(self, pose_features: Tensor, joint_context: Tensor | None = None) -> Tensor:
        """Return f~ (B, T, 24, 128) of f (B, T, 24, 128).

        Args:
            joint_context: (B, T, 24, 2), see CONTEXT_SIZE; only where the configuration has it.
        Source: paper, equation 1. Differs: `residual` adds f.
        """
        clips, frames = pose_features.shape[:2]
        seen = pose_features
        if self.config.has_context:
            assert joint_context is not None, "this encoder wants the joint context"
            seen = torch.cat([pose_features, joint_context], dim=-1)
        x = seen.permute(2, 1, 0, 3)
        for layer in self.layers:
            x = layer(x)
        if self.config.has_relu:
            x = x.relu()
        x = torch.baddbmm(self.projection_bias, x.reshape(JOINT_COUNT, frames * clips, -1), self.projection_weight)
        x = x.view(JOINT_COUNT, frames, clips, FEATURE_SIZE).permute(2, 1, 0, 3)
        return pose_features + x if self.config.residual else x

    def set_mixed_precision(self, enabled: bool) -> None:
        """Choose bfloat16 for the input projections (for training)."""
        for layer in self.layers:
            if isinstance(layer, GRUBankLayer):
                layer.mixed_precision = enabled

    def joint_gru_state(self, joint_index: int) -> dict[str, Tensor]:
        """Return the state_dict of the plain nn.GRU (2 layers, batch_first free) that equals one joint's GRU."""
        state = {}
        for name, bank_index, transpose, tensor in self._gru_entries(joint_index):
            values = tensor.detach()[bank_index]
            state[name] = (values.T if transpose else values[0]).clone()
        return state

    def load_joint_gru_state(self, joint_index: int, state: Mapping[str, Tensor]) -> None:
        """Copy the state_dict of a plain nn.GRU (2 layers, same directions) into one joint's GRU."""
        with torch.no_grad():
            for name, bank_index, transpose, tensor in self._gru_entries(joint_index):
                tensor[bank_index].copy_(state[name].T if transpose else state[name][None])

    def _gru_entries(self, joint_index: int) -> list[tuple[str, int, bool, Tensor]]:
        """Name in nn.GRU, index in the bank, whether to transpose, and the stacked tensor, for one joint."""
        entries = []
        for layer_index, layer in enumerate(self.layers):
            for direction in range(self.direction_count):
                suffix = f"l{layer_index}" + ("_reverse" if direction else "")
                bank_index = direction * JOINT_COUNT + joint_index
                for kind in ("ih", "hh"):
                    entries.append((f"weight_{kind}_{suffix}", bank_index, True, getattr(layer, f"weight_{kind}")))
                    entries.append((f"bias_{kind}_{suffix}", bank_index, False, getattr(layer, f"bias_{kind}")))
        return entries


class TemporalEstimator(nn.Module):
    """The encoder and its own rotation heads: the network `open_temporal`.

    Raises:
        OptionError: a ReLU, which the exported network does not have.
    """

    def __init__(self, config: TemporalConfig | None = None) -> None:
        super().__init__()
        if config is not None and config.has_relu:
            raise OptionError("The network open_temporal has no ReLU before its linear layer.", "Leave out has_relu.")
        self.encoder = JointTemporalEncoder(config)
        self.heads = RotationHeads()

    def forward(self, pose_features: Tensor, joint_context: Tensor | None = None) -> TemporalOutput:
        """Return f~ (B, T, 24, 128) and rotations (B, T, 24, 6) of f (B, T, 24, 128); see `JointTemporalEncoder`."""
        encoded = self.encoder(pose_features, joint_context)
        return TemporalOutput(encoded, self.heads(encoded))
