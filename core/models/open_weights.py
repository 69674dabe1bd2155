"""The weight files of the open estimator: safetensors with a header that says how they were made."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ..errors import WeightsError
from ..whole_file import whole_file
from .contact_network import ContactConfig, ContactNetwork
from .landmark_lifter import LandmarkLifter, LifterConfig
from .temporal_encoder import TemporalConfig, TemporalEstimator
from .weights import weights_path

CONFIG_KEY = "config"

AnyModule = TypeVar("AnyModule", bound=nn.Module)


def save_weights(path: Path, state: Mapping[str, Tensor], config: Any, header: Mapping[str, str]) -> None:
    """Write weights as float16 with the network's configuration in the header, whole or not at all."""
    tensors = {name: value.detach().to(torch.float16).contiguous() for name, value in state.items()}
    with whole_file(path) as partial:
        save_file(tensors, partial, metadata={CONFIG_KEY: json.dumps(dataclasses.asdict(config)), **header})


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return float32 tensors and the header.

    Raises:
        WeightsError: missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = dict(file.metadata() or {})
            return {name: file.get_tensor(name).float() for name in file.keys()}, header  # noqa: SIM118
    except FileNotFoundError as error:
        raise WeightsError(f"The weight file {path} does not exist.", "Train with: python -m core train.") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path} is not a safetensors file, or it is damaged.") from error


def load_lifter(path: Path | None = None) -> LandmarkLifter:
    """Return the lifter of a weight file (None for the committed one), ready to run.

    Raises:
        WeightsError: missing, damaged, or the tensors do not fit the network.
    """
    return _load(path or weights_path("open_lifter"), lambda config: LandmarkLifter(LifterConfig(**config)))


def load_temporal(path: Path | None = None) -> TemporalEstimator:
    """Return the temporal estimator of a weight file (None for the committed one), ready to run.

    Raises:
        WeightsError: missing, damaged, or the tensors do not fit the network.
    """
    return _load(path or weights_path("open_temporal"), lambda config: TemporalEstimator(TemporalConfig(**config)))


def load_contacts(path: Path | None = None) -> ContactNetwork:
    """Return the contact network of a weight file (None for the committed one), ready to run.

    Raises:
        WeightsError: missing, damaged, or the tensors do not fit the network.
    """
    return _load(path or weights_path("open_contacts"), _contact_network)


def _contact_network(config: Mapping[str, Any]) -> ContactNetwork:
    # A header has lists only, and a configuration is hashed.
    return ContactNetwork(ContactConfig(config["hidden_size"], tuple(config["dilations"])))


def _load(path: Path, build: Callable[[dict[str, Any]], AnyModule]) -> AnyModule:
    """Return the network that a weight file's configuration describes, with its tensors."""
    tensors, header = read_weights(path)
    network = build(_config(header, path))
    _load_strictly(network, tensors, path)
    return network


def _config(header: Mapping[str, str], path: Path) -> dict[str, Any]:
    """Return the network's configuration out of the header."""
    try:
        config = json.loads(header[CONFIG_KEY])
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path} does not say which network it is for.") from error
    if not isinstance(config, dict):
        raise WeightsError(f"{path} does not say which network it is for.")
    return config


def _load_strictly(network: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Copy tensors into the network; every name and shape must fit."""
    try:
        network.load_state_dict(dict(tensors), strict=True)
    except RuntimeError as error:
        raise WeightsError(f"{path} does not fit the network: {error}.") from error
    network.eval()
