"""The networks of a folder of weight files, run by torch, behind the interfaces that the estimate path uses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..contact_estimator import ContactEstimator
from ..decomposed_estimator import DecomposedEstimator
from ..models.open_weights import load_contacts, load_lifter, load_temporal
from ..models.weights import file_sha256
from ..open_backbone import OpenEstimator
from .stage import CONTACTS_WEIGHTS_NAME, LIFTER_WEIGHTS_NAME, TEMPORAL_WEIGHTS_NAME


class ModuleNetwork:
    """A torch module of any weight file behind the engine interface."""

    engine, device = "torch", "cpu"

    def __init__(self, name: str, module: nn.Module, weights_sha256: str) -> None:
        self.name, self.weights_sha256 = name, weights_sha256
        self._module = module

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the outputs by name."""
        tensors = {name: torch.as_tensor(np.ascontiguousarray(values)) for name, values in inputs.items()}
        return {name: values.numpy() for name, values in self._module(**tensors)._asdict().items()}


def load_open_estimator(weights: Path) -> OpenEstimator:
    """Return the backbone `blazepose` with the weight files of a folder, run by torch."""
    path = weights / CONTACTS_WEIGHTS_NAME
    contacts = ContactEstimator(ModuleNetwork(path.stem, load_contacts(path), file_sha256(path)))
    return OpenEstimator(load_estimator(weights), contacts)


def load_estimator(weights: Path) -> DecomposedEstimator:
    """Return the estimator with the weight files of a folder, run by torch."""
    paths = weights / LIFTER_WEIGHTS_NAME, weights / TEMPORAL_WEIGHTS_NAME
    modules = load_lifter(paths[0]), load_temporal(paths[1])
    networks = [
        ModuleNetwork(path.stem, module, file_sha256(path)) for path, module in zip(paths, modules, strict=True)
    ]
    return DecomposedEstimator(networks[0], networks[1])
