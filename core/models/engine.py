"""The one interface behind which every network runs, and the choice between its two engines.

ONNX Runtime is what the Blender extension ships; torch serves training, the user's own networks, CUDA and Metal.
docs/engines.md says why. Neither is imported before a network of that engine is asked for.
"""

import importlib
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from ..errors import EngineError
from ..settings import Device, EngineName

ASSETS: Final = Path(__file__).parent.parent / "assets"
ONNX_FOLDER: Final = ASSETS / "onnx"
"""Where `python -m core export-onnx` puts the ONNX files, and where the extension ships them."""

EXPORT_HINT: Final = "Make it with: python -m core export-onnx"


@dataclass(frozen=True)
class Builder:
    """A function that makes a network, imported when it is needed; see `call`."""

    reference: str
    """`module:function`, the module relative to the package `core`."""
    arguments: tuple[str, ...] = ()

    def call(self, *more: Any) -> Any:
        """Import and call the function with `arguments` and then `more`; EngineError when there is none."""
        module_name, function_name = self.reference.split(":")
        package = __package__.rpartition(".")[0]
        try:
            function = getattr(importlib.import_module(f".{module_name}", package), function_name)
        except (ImportError, AttributeError) as error:
            raise EngineError(f"The builder {self.reference} cannot be loaded: {error}.") from error
        return function(*self.arguments, *more)


_GRAPH: Final = "models.torch_graph:load_graph_module"

TORCH_BUILDERS: Final[dict[str, Builder]] = {
    "blazepose_detector": Builder(_GRAPH, ("blazepose_detector",)),
    "blazepose_full": Builder(_GRAPH, ("blazepose_full",)),
    "blazepose_heavy": Builder(_GRAPH, ("blazepose_heavy",)),
    "nanodet_detector": Builder(_GRAPH, ("nanodet_detector",)),
    "open_lifter": Builder("models.open_weights:load_lifter"),
    "open_temporal": Builder("models.open_weights:load_temporal"),
    "open_contacts": Builder("models.open_weights:load_contacts"),
}
"""Each returns a `torch.nn.Module` on the CPU that takes the inputs by keyword and returns the outputs by name."""


class Network(Protocol):
    """A network that is loaded and ready to run."""

    name: str
    engine: str
    """`onnx` or `torch`."""
    device: str
    """`cpu`, `cuda` or `mps`: where it really runs."""
    weights_sha256: str
    """SHA-256 of the committed safetensors file that the weights come from."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return every output by name as float32; any batch size.

        Raises:
            EngineError: an input is missing or has another shape, or the engine failed.
        """
        ...


def load_network(
    name: str,
    engine: EngineName = "auto",
    device: Device = "cpu",
    threads: int = 1,
    onnx_folder: Path = ONNX_FOLDER,
) -> Network:
    """Load a network by name.

    Args:
        name: a key of `TORCH_BUILDERS`.
        engine: `auto` takes ONNX Runtime where it is installed, `<name>.onnx` exists, and it can use the
            device; else torch.
        device: `auto` is CUDA or Metal where the chosen engine finds it, else the CPU.
        threads: CPU threads for one network; one process per core beats more threads.
        onnx_folder: where `<name>.onnx` lies.

    Raises:
        EngineError: unknown network, engine or device, or no engine can run it here.
        WeightsError: the committed weights are missing or damaged, or the ONNX file was made from others.
    """
    if name not in TORCH_BUILDERS:
        raise EngineError(f"There is no network called {name}.", f"Known are {', '.join(TORCH_BUILDERS)}.")
    chosen = _choose_engine(name, device, onnx_folder) if engine == "auto" else engine
    if chosen == "onnx":
        from .onnx_engine import load_onnx_network

        return load_onnx_network(name, device, threads, onnx_folder)
    if chosen == "torch":
        if not _is_installed("torch"):
            raise EngineError("The torch engine needs PyTorch, which is not installed.", "See pytorch.org.")
        # Waiting threads that spin stall one another for seconds a frame when other programs use the cores.
        # OpenMP reads this once, when torch is first imported.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from .torch_engine import load_torch_network

        return load_torch_network(name, device, threads)
    raise EngineError(f"There is no engine called {chosen}.", "Known are auto, onnx and torch.")


def network_files(name: str, onnx_folder: Path = ONNX_FOLDER) -> list[Path]:
    """Return the files of a network's weights that exist here; the extension ships the ONNX file only."""
    candidates = (ASSETS / f"{name}.safetensors", onnx_folder / f"{name}.onnx")
    return [path for path in candidates if path.is_file()]


def _choose_engine(name: str, device: Device, onnx_folder: Path) -> str:
    has_onnx = _is_installed("onnxruntime") and (onnx_folder / f"{name}.onnx").is_file()
    has_torch = _is_installed("torch")
    # Only a special build of ONNX Runtime knows CUDA, and none is as exact on Metal; torch is asked first there.
    if device in ("cuda", "mps") and has_torch:
        return "torch"
    if has_onnx:
        return "onnx"
    if has_torch:
        return "torch"
    if _is_installed("onnxruntime"):
        raise EngineError(f"The file {onnx_folder / name}.onnx is missing.", EXPORT_HINT)
    raise EngineError(f"Nothing here can run the network {name}.", "Install onnxruntime or torch in the core's Python.")


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
