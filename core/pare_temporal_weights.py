"""Trained temporal weights for PARE: a safetensors file whose header says which encoder they are for. Torch only."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .checkpoints import load_strictly
from .errors import OptionError, WeightsError
from .models.encoders import EncoderConfig
from .models.pare_temporal import PareTemporalEstimator
from .whole_file import whole_file

FORMAT_KEY: Final = "format"
FORMAT: Final = "jointwise-pare-temporal-1"
CONFIG_KEY: Final = "config"


def save_pare_temporal(path: Path, network: PareTemporalEstimator, notes: Mapping[str, str] | None = None) -> None:
    """Write trained weights (safetensors, float32) with the configuration and notes in the header.

    Raises:
        OutputError: the file cannot be written.
    """
    header = {FORMAT_KEY: FORMAT, CONFIG_KEY: json.dumps(dataclasses.asdict(network.config)), **(notes or {})}
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with whole_file(path) as partial:
        save_file(tensors, partial, metadata=header)


def load_pare_temporal(path: Path) -> PareTemporalEstimator:
    """Return the estimator of a weight file, on the CPU, ready to run.

    Raises:
        WeightsError: missing, damaged, of another kind, or the tensors do not fit the network.
    """
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


def _read_config(header: Mapping[str, str], path: Path) -> EncoderConfig:
    try:
        return EncoderConfig(**json.loads(header[CONFIG_KEY]))
    except (KeyError, TypeError, ValueError, OptionError) as error:
        raise WeightsError(f"The header of {path} is damaged: {error}.") from error
