"""The torch engine: any network of `TORCH_BUILDERS` as a `Network` on the CPU, CUDA or Metal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import EngineError, is_out_of_memory, memory_error, reason_of
from ..settings import Device
from .devices import has_nvidia_driver, out_of_memory_notice, why_no_torch_device
from .engine import TORCH_BUILDERS
from .torch_graph import pack_for_cpu
from .weights import file_sha256, weights_path


class TorchNetwork:
    """A torch module behind the engine interface."""

    engine = "torch"

    def __init__(self, name: str, module: nn.Module, device: str, weights_sha256: str) -> None:
        self.name = name
        self.module = module
        self.device = device
        self.weights_sha256 = weights_sha256
        self.device_reason = _device_reason(device)
        self.notice = ""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return every output by name as float32; see `engine.Network`."""
        try:
            return self._run(inputs)
        except torch.OutOfMemoryError:
            if self.device == "cpu":
                raise EngineError(f"The network {self.name} needs more memory than there is.") from None
        self.notice = out_of_memory_notice(self.name, self.device)
        self.module.to("cpu")
        self.device, self.device_reason = "cpu", "the graphics card's memory was full"
        return self._run(inputs)

    def _run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        with torch.inference_mode():
            try:
                tensors = {
                    name: torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self.device)
                    for name, values in inputs.items()
                }
                outputs = _by_name(self.module(**tensors))
            except torch.OutOfMemoryError:
                raise
            except (RuntimeError, TypeError) as error:
                if is_out_of_memory(error):
                    raise memory_error() from error
                raise EngineError(f"The network {self.name} failed on torch: {reason_of(error)}") from error
            return {name: values.float().cpu().contiguous().numpy() for name, values in outputs.items()}


def _device_reason(device: str) -> str:
    if device != "cpu":
        return "PyTorch sees it"
    return why_no_torch_device(torch.version.cuda is not None, has_nvidia_driver())


def _by_name(outputs: Any) -> dict[str, torch.Tensor]:
    """Return a module's outputs as a dict; a module in training returns a named tuple."""
    return dict(outputs) if isinstance(outputs, Mapping) else outputs._asdict()


def load_torch_network(name: str, device: Device = "cpu", threads: int = 1) -> TorchNetwork:
    """Build a network from its committed weights.

    Note: the thread count is one for the whole process in torch; the last network loaded sets it.

    Raises:
        EngineError: torch does not see the device.
        WeightsError: the committed weights are missing or damaged.
    """
    module: nn.Module = TORCH_BUILDERS[name].call()
    return wrap_network(name, module, weights_path(name), device, threads)


def wrap_network(name: str, module: nn.Module, weights: Path, device: Device, threads: int) -> TorchNetwork:
    """Return a loaded module as a network on a device; `weights` is the file that it was loaded from.

    Raises:
        EngineError: torch does not see the device.
    """
    chosen = choose_device(device)
    torch.set_num_threads(threads)
    if chosen == "cuda":
        # The default rounds convolutions to 10 bits of mantissa (TF32), which is 1e-3 off.
        torch.backends.cudnn.allow_tf32 = False
    module = module.eval().requires_grad_(False).to(chosen)
    if chosen == "cpu":
        pack_for_cpu(module)
    return TorchNetwork(name, module, chosen, file_sha256(weights))


def choose_device(device: Device) -> str:
    """Return the device to run on; EngineError when this torch does not see it."""
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if available[name])
    if device not in available:
        raise EngineError(f"There is no device called {device}.", "Known are auto, cpu, cuda and mps.")
    if not available[device]:
        raise EngineError(f"This PyTorch does not see the device {device}.", "Choose the device cpu.")
    return device
