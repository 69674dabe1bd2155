"""Which temporal encoder stands between the per-joint features and the heads: none, holistic or decomposed.

One typed configuration and one builder, so that every trainer and every table takes the baselines as options.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from torch import nn

from ..errors import OptionError
from .holistic_encoder import JOINED_SIZE, HolisticConfig, HolisticEncoder
from .temporal_encoder import HIDDEN_SIZE, LAYER_COUNT, Direction, JointTemporalEncoder, TemporalConfig

EncoderKind = Literal["none", "holistic", "decomposed"]
ENCODER_KINDS: Final[tuple[EncoderKind, ...]] = get_args(EncoderKind)


@dataclass(frozen=True)
class EncoderConfig:
    """Options of a temporal encoder; the defaults are the paper's.

    Attributes:
        kind: `none` is the backbone per frame, `holistic` one GRU over all joints, `decomposed` one for each joint.
        direction: `uni` looks back only, as the paper says; `bi` both ways.
        residual: add the encoder's input. The paper has none; with it an untrained encoder is the backbone itself.
        hidden_size: of each joint's GRU, or of the one holistic GRU.
        has_relu: a ReLU before the linear layer, which VIBE's encoder has (holistic only).
    """

    kind: EncoderKind = "decomposed"
    direction: Direction = "uni"
    residual: bool = False
    hidden_size: int = HIDDEN_SIZE
    has_relu: bool = False

    def __post_init__(self) -> None:
        """Refuse what no encoder is."""
        if self.kind not in ENCODER_KINDS or self.direction not in get_args(Direction):
            raise OptionError(f"There is no {self.direction} {self.kind} encoder.", f"Choose of {ENCODER_KINDS}.")
        if self.hidden_size < 1:
            raise OptionError(f"A hidden size of {self.hidden_size} is too small.")


VIBE_ENCODER: Final = EncoderConfig("holistic", "uni", residual=True, hidden_size=1024, has_relu=True)
"""VIBE's encoder on per-joint features, in its own size and form."""


def build_encoder(config: EncoderConfig) -> nn.Module:
    """Return an untrained encoder: f (B, T, 24, 128) to f~ of the same shape."""
    if config.kind == "none":
        return nn.Identity()
    if config.kind == "holistic":
        options = HolisticConfig(config.direction, config.residual, config.hidden_size, config.has_relu)
        return HolisticEncoder(options)
    return JointTemporalEncoder(TemporalConfig(config.direction, config.residual, config.hidden_size))


def parameter_count(module: nn.Module) -> int:
    """Return the number of trainable values."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def matched_holistic(decomposed: EncoderConfig) -> EncoderConfig:
    """Return the holistic encoder of the same form whose number of parameters is nearest to the decomposed one's."""
    target = parameter_count(build_encoder(decomposed))
    directions = 2 if decomposed.direction == "bi" else 1
    hidden_size = _solve_hidden_size(target, directions)
    return dataclasses.replace(decomposed, kind="holistic", hidden_size=hidden_size)


def holistic_parameter_count(hidden_size: int, directions: int) -> int:
    """Return the number of parameters of a holistic encoder, in closed form."""
    gates, count = 3 * hidden_size, 0
    for layer in range(LAYER_COUNT):
        input_size = JOINED_SIZE if layer == 0 else directions * hidden_size
        count += directions * gates * (input_size + hidden_size + 2)
    return count + (directions * hidden_size + 1) * JOINED_SIZE


def _solve_hidden_size(target: int, directions: int) -> int:
    """Return the hidden size whose count is nearest to the target."""
    # The count is quadratic in the hidden size, so a bound from its linear part alone is not below the answer.
    upper = math.ceil(target / (directions * 4 * JOINED_SIZE)) + 1
    return min(range(1, upper + 1), key=lambda size: abs(holistic_parameter_count(size, directions) - target))
