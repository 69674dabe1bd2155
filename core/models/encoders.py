"""Which temporal encoder stands between the per-joint features and the heads: none, holistic or decomposed.

One typed configuration and one builder, so that every trainer and every table takes the baselines as options.
"""

import dataclasses
import math
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args

from torch import nn

from ..errors import OptionError
from ..skeleton import JOINT_COUNT
from .holistic_encoder import JOINED_SIZE, HolisticConfig, HolisticEncoder
from .landmark_lifter import FEATURE_SIZE
from .temporal_encoder import HIDDEN_SIZE, LAYER_COUNT, Direction, JointTemporalEncoder, TemporalConfig

EncoderKind = Literal["none", "holistic", "decomposed"]
ENCODER_KINDS: Final[tuple[EncoderKind, ...]] = get_args(EncoderKind)


class _SizeOfKind(int):
    """A hidden size that nobody named: it follows the kind, also where the kind is changed later."""


@dataclass(frozen=True)
class EncoderConfig:
    """Options of a temporal encoder; the defaults are the paper's.

    Attributes:
        kind: `none` is the backbone per frame, `holistic` one GRU over all joints, `decomposed` one for each joint.
        direction: `uni` looks back only, as the paper says; `bi` both ways.
        residual: add the encoder's input. The paper has none; with it an untrained encoder is the backbone itself.
        hidden_size: of each joint's GRU, or of the one holistic GRU. Where it is not named, 64 for each joint as in the
            paper, and for the holistic GRU the size (126) that makes as many parameters as the paper's encoder has;
            0 says the same of the holistic GRU.
        has_relu: a ReLU before the linear layer, which VIBE's encoder has.
    """

    kind: EncoderKind = "decomposed"
    direction: Direction = "uni"
    residual: bool = False
    hidden_size: int = _SizeOfKind(HIDDEN_SIZE)
    has_relu: bool = False

    def __post_init__(self) -> None:
        """Refuse what no encoder is."""
        if self.kind not in ENCODER_KINDS or self.direction not in get_args(Direction):
            raise OptionError(f"There is no {self.direction} {self.kind} encoder.", f"Choose of {ENCODER_KINDS}.")
        if isinstance(self.hidden_size, _SizeOfKind) or (self.kind == "holistic" and self.hidden_size == 0):
            size = _matched_size(self.direction) if self.kind == "holistic" else HIDDEN_SIZE
            object.__setattr__(self, "hidden_size", _SizeOfKind(size))
        if self.hidden_size < 1:
            raise OptionError(f"A hidden size of {self.hidden_size} is too small.")


VIBE_ENCODER: Final = EncoderConfig("holistic", "uni", residual=True, hidden_size=1024, has_relu=True)
"""VIBE's encoder on per-joint features, in its own size and form."""


def build_encoder(config: EncoderConfig) -> nn.Module:
    """Return an untrained encoder: f (B, T, 24, 128) to f~ of the same shape."""
    if config.kind == "none":
        return nn.Identity()
    if config.kind == "holistic":
        return HolisticEncoder(HolisticConfig(config.direction, config.residual, config.hidden_size, config.has_relu))
    options = TemporalConfig(config.direction, config.residual, config.hidden_size, config.has_relu)
    return JointTemporalEncoder(options)


def parameter_count(module: nn.Module) -> int:
    """Return the number of trainable values."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def matched_holistic(decomposed: EncoderConfig) -> EncoderConfig:
    """Return the holistic encoder of the same form whose number of parameters is nearest to the decomposed one's."""
    # Built, not counted in closed form: seeded runs of the ablation start from the random numbers that come after it.
    target = parameter_count(build_encoder(decomposed))
    hidden_size = _solve_hidden_size(target, direction_count(decomposed.direction))
    return dataclasses.replace(decomposed, kind="holistic", hidden_size=hidden_size)


def holistic_parameter_count(hidden_size: int, directions: int) -> int:
    """Return the number of parameters of a holistic encoder, in closed form."""
    return _parameter_count(JOINED_SIZE, hidden_size, directions)


def direction_count(direction: Direction) -> int:
    """Return how many ways a GRU runs."""
    return 2 if direction == "bi" else 1


@cache
def _matched_size(direction: Direction) -> int:
    """Return the hidden size of the holistic encoder that matches the paper's."""
    # In closed form, because a configuration must not draw random numbers.
    directions = direction_count(direction)
    return _solve_hidden_size(JOINT_COUNT * _parameter_count(FEATURE_SIZE, HIDDEN_SIZE, directions), directions)


def _parameter_count(feature_size: int, hidden_size: int, directions: int) -> int:
    """Return the number of parameters of one GRU and its linear layer, in closed form."""
    gates, count = 3 * hidden_size, 0
    for layer in range(LAYER_COUNT):
        input_size = feature_size if layer == 0 else directions * hidden_size
        count += directions * gates * (input_size + hidden_size + 2)
    return count + (directions * hidden_size + 1) * feature_size


def _solve_hidden_size(target: int, directions: int) -> int:
    """Return the hidden size whose count is nearest to the target."""
    # The count is quadratic in the hidden size, so a bound from its linear part alone is not below the answer.
    upper = math.ceil(target / (directions * 4 * JOINED_SIZE)) + 1
    return min(range(1, upper + 1), key=lambda size: abs(holistic_parameter_count(size, directions) - target))
