"""ONNX files from the committed weights: `python -m core export-onnx [--output DIR] [--names NAME …]`.

Every file carries the SHA-256 of the safetensors file it was made from, so that a stale one is noticed.
Development only, without torch; needs the `onnx` and `safetensors` packages.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import onnx

from ..errors import EngineError, OutputError
from ..models.engine import Builder
from ..models.graph import load_graph
from ..models.onnx_engine import WEIGHTS_KEY
from ..models.weights import ASSETS, file_sha256, load_weights, weights_path
from ..whole_file import whole_file
from .onnx_graph import graph_to_onnx

_GRAPH: Final = "conversion.export_onnx:build_graph_onnx"

ONNX_BUILDERS: Final[dict[str, Builder]] = {
    "blazepose_detector": Builder(_GRAPH, ("blazepose_detector",)),
    "blazepose_full": Builder(_GRAPH, ("blazepose_full",)),
    "blazepose_heavy": Builder(_GRAPH, ("blazepose_heavy",)),
    "nanodet_detector": Builder(_GRAPH, ("nanodet_detector",)),
    "open_lifter": Builder("conversion.export_estimator:build_lifter_onnx"),
    "open_temporal": Builder("conversion.export_estimator:build_temporal_onnx"),
    "open_contacts": Builder("conversion.export_contacts:build_contacts_onnx"),
}
"""Each is called with the path to write the network's .onnx file to."""


def export_onnx(output: Path, names: Sequence[str] | None = None, report: Callable[[str], None] = print) -> None:
    """Write `<name>.onnx` for every network, or the named ones, into a folder that is made if need be.

    Note: the same weights give the same bytes.

    Raises:
        EngineError: there is no network of that name.
        WeightsError: the committed weights are missing or damaged.
        OutputError: the folder cannot be written.
    """
    chosen = list(ONNX_BUILDERS) if names is None else list(names)
    if unknown := [name for name in chosen if name not in ONNX_BUILDERS]:
        raise EngineError(f"There is no network called {unknown[0]}.", f"Known are {', '.join(ONNX_BUILDERS)}.")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {output} cannot be made ({error.strerror}).") from None
    for name in chosen:
        path = output / f"{name}.onnx"
        with whole_file(path) as partial:
            ONNX_BUILDERS[name].call(partial)
            _stamp(partial, name)
        report(f"{name}: {path.stat().st_size / 1e6:.1f} MB")


def build_graph_onnx(name: str, path: Path) -> None:
    """Write the ONNX file of one network that is kept as a graph."""
    graph = load_graph(ASSETS / f"{name}.json")
    model = graph_to_onnx(graph, load_weights(weights_path(name), graph.weight_shapes()))
    path.write_bytes(model.SerializeToString(deterministic=True))


def _stamp(path: Path, name: str) -> None:
    """Add the hash of the committed weights to the file's metadata."""
    model = onnx.load_model_from_string(path.read_bytes())
    onnx.helper.set_model_props(model, {WEIGHTS_KEY: file_sha256(weights_path(name))})
    path.write_bytes(model.SerializeToString(deterministic=True))
