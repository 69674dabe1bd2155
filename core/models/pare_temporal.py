"""The paper's estimator on PARE's features: temporal encoder, heads W_i, camera and shape, with its baselines. Torch.

Starts from PARE's own heads. With `residual` an untrained encoder leaves PARE's result as it is.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from ..checkpoints import load_strictly
from ..errors import WeightsError
from ..skeleton import BETA_COUNT, JOINT_COUNT
from ..whole_file import whole_file
from .pare import CAMERA_SHAPE_SIZE, FEATURE_SIZE, PareNetwork
from .temporal_encoder import Direction, JointTemporalEncoder, TemporalConfig
from .vibe import VibeEncoderConfig, VibeTemporalEncoder

Encoder = Literal["none", "holistic", "decomposed"]

FORMAT_KEY: Final = "format"
FORMAT: Final = "jointwise-pare-temporal-1"
CONFIG_KEY: Final = "config"


@dataclass(frozen=True)
class PareTemporalConfig:
    """Options of the estimator; they travel in the header of the weight file.

    Attributes:
        encoder: `none` is PARE per frame, `holistic` VIBE's one GRU over all joints, `decomposed` the paper's.
        direction: the paper's encoder looks back only (`uni`).
        residual: add the input to the encoder's output, whose last layer starts at zero. The paper has none.
        hidden_size: of each joint's GRU, or of the one GRU of `holistic` (VIBE has 1024 there).
    """

    encoder: Encoder = "decomposed"
    direction: Direction = "uni"
    residual: bool = True
    hidden_size: int = 64


class PareTemporalOutput(NamedTuple):
    """What the estimator says about each sequence."""

    pose_features: Tensor
    """(B, T, 24, 128) f~."""
    rot6d: Tensor
    """(B, T, 24, 6) interleaved columns, not yet orthonormal."""
    weak_camera: Tensor
    """(B, T, 3) relative to the crop."""
    betas: Tensor
    """(B, T, 10)"""


class HolisticEncoder(nn.Module):
    """One GRU over the features of all joints side by side."""

    def __init__(self, config: PareTemporalConfig) -> None:
        super().__init__()
        self.encoder = VibeTemporalEncoder(
            VibeEncoderConfig(
                feature_size=JOINT_COUNT * FEATURE_SIZE,
                hidden_size=config.hidden_size,
                is_bidirectional=config.direction == "bi",
                has_residual=config.residual,
            )
        )
        if config.residual and self.encoder.linear is not None:
            nn.init.zeros_(self.encoder.linear.weight)
            nn.init.zeros_(self.encoder.linear.bias)

    def forward(self, pose_features: Tensor) -> Tensor:
        """Return f~ (B, T, 24, 128) of f (B, T, 24, 128)."""
        encoded: Tensor = self.encoder(pose_features.flatten(-2)).unflatten(-1, (JOINT_COUNT, FEATURE_SIZE))
        return encoded


class PareTemporalEstimator(nn.Module):
    """Features of a clip to rotations through the encoder, and to camera and shape without it.

    Source: paper, equation 1 and section 2.3; `config` holds what differs.
    """

    def __init__(self, config: PareTemporalConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or PareTemporalConfig()
        self.encoder = _build_encoder(config)
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


def save_pare_temporal(path: Path, network: PareTemporalEstimator, notes: Mapping[str, str] | None = None) -> None:
    """Write trained weights (safetensors, float32) with the configuration and notes in the header.

    Raises:
        OutputError: the file cannot be written.
    """
    from safetensors.torch import save_file

    header = {FORMAT_KEY: FORMAT, CONFIG_KEY: json.dumps(dataclasses.asdict(network.config)), **(notes or {})}
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with whole_file(path) as partial:
        save_file(tensors, partial, metadata=header)


def load_pare_temporal(path: Path) -> PareTemporalEstimator:
    """Return the estimator of a weight file, on the CPU, ready to run.

    Raises:
        WeightsError: missing, damaged, of another kind, or the tensors do not fit the network.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            header = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise WeightsError(f"The temporal weights {path} do not exist.", "Train with: python -m core train.") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path} is not a safetensors file, or it is damaged.") from error
    if header.get(FORMAT_KEY) != FORMAT:
        raise WeightsError(f"{path} does not hold temporal weights for PARE.", "The open estimator's do not fit.")
    network = PareTemporalEstimator(_read_config(header, path))
    load_strictly(network, tensors, path)
    return network.requires_grad_(False)


def _build_encoder(config: PareTemporalConfig) -> nn.Module:
    if config.encoder == "none":
        return nn.Identity()
    if config.encoder == "holistic":
        return HolisticEncoder(config)
    return JointTemporalEncoder(TemporalConfig(config.direction, config.residual, config.hidden_size))


def _read_config(header: Mapping[str, str], path: Path) -> PareTemporalConfig:
    try:
        fields: dict[str, Any] = json.loads(header[CONFIG_KEY])
        config = PareTemporalConfig(**fields)
        if config.encoder not in get_args(Encoder) or config.direction not in get_args(Direction):
            raise ValueError(f"{config.encoder}, {config.direction}")
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"The header of {path} is damaged: {error}.") from error
    return config


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
