"""The ONNX Runtime engine: an exported network as a `Network`; what the Blender extension runs.

Imports neither torch nor onnx nor safetensors: the .onnx file is all it needs.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import EngineError, WeightsError, is_out_of_memory, memory_error, reason_of
from ..settings import Device
from .devices import (
    CPU_PROVIDER,
    DEVICE_LABELS,
    DeviceChoice,
    choose_onnx_device,
    out_of_memory_notice,
)
from .engine import ASSETS, EXPORT_HINT

WEIGHTS_KEY: Final = "weights_sha256"
"""Metadata key of the .onnx file: SHA-256 of the safetensors file that it was made from."""


PROBE_TOLERANCE: Final = 0.01
"""Of the largest output: half precision stays below it, and a driver that computes nonsense does not."""


class OnnxNetwork:
    """An ONNX Runtime session behind the engine interface."""

    engine = "onnx"

    def __init__(self, name: str, session: Any, choice: DeviceChoice, open_on_cpu: Callable[[], Any]) -> None:
        self.name = name
        self.session = session
        self.device, self.device_reason = choice.device, choice.reason
        self.notice = ""
        self._open_on_cpu = open_on_cpu
        self.weights_sha256: str = session.get_modelmeta().custom_metadata_map.get(WEIGHTS_KEY, "")
        self.output_names = [output.name for output in session.get_outputs()]

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return every output by name as float32; see `engine.Network`."""
        arrays = {name: np.ascontiguousarray(values, np.float32) for name, values in inputs.items()}
        try:
            outputs = self._run(arrays)
        except Exception as error:  # its exception classes are private to ONNX Runtime
            if is_out_of_memory(error):
                raise memory_error() from error
            raise EngineError(f"The network {self.name} failed on ONNX Runtime: {reason_of(error)}") from error
        return dict(zip(self.output_names, outputs, strict=True))

    def _run(self, arrays: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Run the session; where the device's memory is full, from now on on the processor."""
        try:
            outputs: list[NDArray[Any]] = self.session.run(self.output_names, arrays)
        except Exception as error:
            if self.device == "cpu" or not is_out_of_memory(error):
                raise
            self.notice = out_of_memory_notice(self.name, self.device)
            self.session = self._open_on_cpu()
            self.device, self.device_reason = "cpu", "the graphics card's memory was full"
            outputs = self.session.run(self.output_names, arrays)
        return outputs


def load_onnx_network(name: str, device: Device, threads: int, onnx_folder: Path) -> OnnxNetwork:
    """Open `<name>.onnx`.

    Raises:
        EngineError: see `open_session`.
        WeightsError: the file was made from other weights than the ones beside this code.
    """
    path = onnx_folder / f"{name}.onnx"
    session, chosen = open_session(path, device, threads, EXPORT_HINT)
    network = OnnxNetwork(name, session, chosen, lambda: open_session(path, "cpu", threads, EXPORT_HINT)[0])
    _check_weights(network, path)
    return network


def open_session(path: Path, device: Device, threads: int, hint: str) -> tuple[Any, DeviceChoice]:
    """Open an ONNX file; return the session and where it runs.

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
    choice = choose_onnx_device(device, onnxruntime.get_available_providers())
    try:
        session = _session(onnxruntime, path, threads, choice)
        if device == "auto" and choice.device != "cpu":
            session, choice = _checked(onnxruntime, path, threads, session, choice)
    except Exception as error:  # its exception classes are private to ONNX Runtime
        if is_out_of_memory(error):
            raise memory_error() from error
        raise EngineError(f"The file {path} cannot be opened: {reason_of(error)}", hint) from error
    return session, choice


def _session(onnxruntime: Any, path: Path, threads: int, choice: DeviceChoice) -> Any:
    options = _session_options(onnxruntime, threads)
    if choice.device == "directml":
        # Source: DirectML's documentation in ONNX Runtime; it can do neither of the two.
        options.enable_mem_pattern = False
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    return onnxruntime.InferenceSession(path, options, providers=list(choice.providers))


def _checked(
    onnxruntime: Any, path: Path, threads: int, session: Any, choice: DeviceChoice
) -> tuple[Any, DeviceChoice]:
    """Return the session where its device gives the processor's numbers, else one on the processor, with the reason."""
    on_cpu = DeviceChoice("cpu", (CPU_PROVIDER,), "")
    reference = _session(onnxruntime, path, threads, on_cpu)
    problem = probe_problem(session, reference)
    if not problem:
        return session, choice
    return reference, replace(on_cpu, reason=f"{DEVICE_LABELS[choice.device]} {problem}")


def probe_problem(session: Any, reference: Any) -> str:
    """Return what is wrong with a session against another of the same network, on random numbers; empty for nothing."""
    generator = np.random.default_rng(0)
    inputs = {}
    for entry in reference.get_inputs():
        # Batches of one; sequences of eight.
        shape = [size if isinstance(size, int) else (8 if axis else 1) for axis, size in enumerate(entry.shape)]
        inputs[entry.name] = generator.random(shape, dtype=np.float32)
    expected = reference.run(None, inputs)
    try:
        found = session.run(None, inputs)
    except Exception:  # its exception classes are private to ONNX Runtime
        return "failed on a trial"
    for ours, theirs in zip(found, expected, strict=True):
        scale = float(np.abs(theirs).max()) + 1e-6
        if not np.isfinite(ours).all() or float(np.abs(ours - theirs).max()) > PROBE_TOLERANCE * scale:
            return "gave other numbers than the processor on a trial"
    return ""


def _session_options(onnxruntime: Any, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads would keep every core busy between frames, in Blender's company.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _check_weights(network: OnnxNetwork, path: Path) -> None:
    """Refuse a file left over from before the committed weights changed; the extension ships no safetensors."""
    committed = ASSETS / f"{network.name}.safetensors"
    if not committed.is_file():
        return
    with committed.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != network.weights_sha256:
        raise WeightsError(f"{path} was made from other weights than {committed.name}.", EXPORT_HINT)
