"""Which device a network runs on, and why: the one choice for ONNX Runtime, and the reasons for both engines."""

import ctypes
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ..errors import EngineError
from ..settings import Device

CPU_PROVIDER: Final = "CPUExecutionProvider"

PROVIDERS: Final = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "mps": "CoreMLExecutionProvider",
}
"""ONNX Runtime's name for what runs on each device, the preferred one first."""

DEVICE_LABELS: Final = {
    "cpu": "the processor",
    "cuda": "the NVIDIA card (CUDA)",
    "directml": "the graphics card (DirectML)",
    "mps": "the Mac's graphics processor",
}


@dataclass(frozen=True)
class DeviceChoice:
    """A device, ONNX Runtime's providers for it in order, and why it is this one."""

    device: str
    providers: tuple[str, ...]
    reason: str


def choose_onnx_device(device: Device, available: Iterable[str]) -> DeviceChoice:
    """Return where ONNX Runtime runs; `available` are the providers that it has here.

    Raises:
        EngineError: it does not have what was asked for by name.
    """
    found = [name for name, provider in PROVIDERS.items() if provider in set(available)]
    if device == "cpu":
        return DeviceChoice("cpu", (CPU_PROVIDER,), "as asked")
    if device == "auto":
        if not found:
            return DeviceChoice("cpu", (CPU_PROVIDER,), why_no_onnx_device(has_nvidia_driver()))
        return DeviceChoice(found[0], (PROVIDERS[found[0]], CPU_PROVIDER), "the fastest that ONNX Runtime has here")
    if device in found:
        return DeviceChoice(device, (PROVIDERS[device], CPU_PROVIDER), "as asked")
    raise EngineError(
        f"This ONNX Runtime does not see the device {device}.", "Choose the device cpu, or the engine torch."
    )


def why_no_onnx_device(has_driver: bool) -> str:
    """Return why ONNX Runtime is left with the processor."""
    if has_driver:
        return "there is an NVIDIA driver, but this ONNX Runtime has no CUDA; an environment with PyTorch has"
    return "no NVIDIA driver found"


def why_no_torch_device(knows_cuda: bool, has_driver: bool) -> str:
    """Return why PyTorch is left with the processor."""
    if not has_driver:
        return "no NVIDIA driver found"
    return "the NVIDIA driver does not fit this PyTorch" if knows_cuda else "this PyTorch was built without CUDA"


@cache
def has_nvidia_driver() -> bool:
    """True where the driver's library can be loaded."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def describe_device(networks: Iterable[Any]) -> str:
    """Return one line on where the networks run and why; that of the first stands for all that run alike."""
    lines = []
    for network in networks:
        label = DEVICE_LABELS.get(network.device, network.device)
        reason = getattr(network, "device_reason", "")
        lines.append(f"{label}: {reason}" if reason else label)
    return f"Runs on {'; '.join(dict.fromkeys(lines))}." if lines else ""


def out_of_memory_notice(name: str, device: str) -> str:
    """Return the warning about a network that goes on with the processor."""
    label = DEVICE_LABELS.get(device, device)
    return f"The memory of {label} is full: the network {name} goes on with the processor, which is slower."
