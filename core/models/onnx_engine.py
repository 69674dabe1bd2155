"""The ONNX Runtime engine: an exported network as a `Network`; what the Blender extension runs.

Imports neither torch nor onnx nor safetensors: the .onnx file is all it needs.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import EngineError, WeightsError, is_out_of_memory, memory_error, reason_of
from ..settings import Device
from .engine import ASSETS, EXPORT_HINT

WEIGHTS_KEY: Final = "weights_sha256"
"""Metadata key of the .onnx file: SHA-256 of the safetensors file that it was made from."""


class OnnxNetwork:
    """An ONNX Runtime session behind the engine interface."""

    engine = "onnx"

    def __init__(self, name: str, session: Any, device: str) -> None:
        self.name = name
        self.session = session
        self.device = device
        self.weights_sha256: str = session.get_modelmeta().custom_metadata_map.get(WEIGHTS_KEY, "")
        self.output_names = [output.name for output in session.get_outputs()]

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return every output by name as float32; see `engine.Network`."""
        arrays = {name: np.ascontiguousarray(values, np.float32) for name, values in inputs.items()}
        try:
            outputs = self.session.run(self.output_names, arrays)
        except Exception as error:  # its exception classes are private to ONNX Runtime
            if is_out_of_memory(error):
                raise memory_error() from error
            raise EngineError(f"The network {self.name} failed on ONNX Runtime: {reason_of(error)}") from error
        return dict(zip(self.output_names, outputs, strict=True))


def load_onnx_network(name: str, device: Device, threads: int, onnx_folder: Path) -> OnnxNetwork:
    """Open `<name>.onnx`.

    Raises:
        EngineError: see `open_session`.
        WeightsError: the file was made from other weights than the ones beside this code.
    """
    path = onnx_folder / f"{name}.onnx"
    session, chosen = open_session(path, device, threads, EXPORT_HINT)
    network = OnnxNetwork(name, session, chosen)
    _check_weights(network, path)
    return network


def open_session(path: Path, device: Device, threads: int, hint: str) -> tuple[Any, str]:
    """Open an ONNX file; return the session and the device's name.

    Args:
        hint: what to do when the file is missing or damaged.

    Raises:
        EngineError: ONNX Runtime or the file is missing, the file is damaged, or the device is out of reach.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineError(f"ONNX Runtime cannot be loaded: {error}.", "Install onnxruntime.") from None
    if not path.is_file():
        raise EngineError(f"The file {path} is missing.", hint)
    chosen, providers = _choose_device(device, onnxruntime.get_available_providers())
    try:
        session = onnxruntime.InferenceSession(path, _session_options(onnxruntime, threads), providers=providers)
    except Exception as error:  # its exception classes are private to ONNX Runtime
        if is_out_of_memory(error):
            raise memory_error() from error
        raise EngineError(f"The file {path} cannot be opened: {reason_of(error)}", hint) from error
    return session, chosen


def _session_options(onnxruntime: Any, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads would keep every core busy between frames, in Blender's company.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _choose_device(device: Device, available: list[str]) -> tuple[str, list[str]]:
    """Return the device's name and the providers in order of preference."""
    cpu, cuda = "CPUExecutionProvider", "CUDAExecutionProvider"
    if device == "cpu" or (device == "auto" and cuda not in available):
        return "cpu", [cpu]
    if device in ("auto", "cuda") and cuda in available:
        return "cuda", [cuda, cpu]
    raise EngineError(
        f"This ONNX Runtime does not see the device {device}.", "Choose the device cpu, or the engine torch."
    )


def _check_weights(network: OnnxNetwork, path: Path) -> None:
    """Refuse a file left over from before the committed weights changed; the extension ships no safetensors."""
    committed = ASSETS / f"{network.name}.safetensors"
    if not committed.is_file():
        return
    with committed.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != network.weights_sha256:
        raise WeightsError(f"{path} was made from other weights than {committed.name}.", EXPORT_HINT)
