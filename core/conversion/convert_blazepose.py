"""BlazePose's networks from MediaPipe's npm package into `core/assets`: `python -m core convert-blazepose PACKAGE`.

The package is what `npm pack @mediapipe/pose@0.5.1675469404` downloads (or the folder it unpacks to). For each
network it writes the weights, exact, as half-precision safetensors, and the operations as JSON. The segmentation
branch is left out: no operation that only it needs is kept. Development only.
"""

import hashlib
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ..errors import OutputError, WeightsError
from ..models.graph import Graph, Source, graph_to_json
from ..whole_file import whole_file
from .tflite_reader import read_tflite
from .tflite_to_graph import OutputRequest, convert_operations

PACKAGE_NAME: Final = "@mediapipe/pose 0.5.1675469404 (npm)"
CHANGES: Final = "converted from TFLite flatbuffers to safetensors, segmentation branch removed"


@dataclass(frozen=True)
class NetworkSource:
    """One network of the package: its file, the file's SHA-256, and the outputs to keep."""

    name: str
    file: str
    sha256: str
    outputs: tuple[OutputRequest, ...]


_LANDMARK_OUTPUTS: Final = (
    OutputRequest("landmarks", "Identity", (39, 5)),
    OutputRequest("presence", "Identity_1", (1,)),
    OutputRequest("heatmap", "Identity_3", (39, 64, 64)),
    OutputRequest("world_landmarks", "Identity_4", (39, 3)),
)
_DETECTOR_OUTPUTS: Final = (
    OutputRequest("boxes", "Identity", (2254, 12)),
    OutputRequest("scores", "Identity_1", (2254, 1)),
)

NETWORK_SOURCES: Final = (
    NetworkSource(
        "blazepose_detector",
        "pose_solution_packed_assets.data",
        "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
        _DETECTOR_OUTPUTS,
    ),
    NetworkSource(
        "blazepose_full",
        "pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        _LANDMARK_OUTPUTS,
    ),
    NetworkSource(
        "blazepose_heavy",
        "pose_landmark_heavy.tflite",
        "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
        _LANDMARK_OUTPUTS,
    ),
)


def convert_blazepose(package: Path, output: Path, report: Callable[[str], None] = print) -> None:
    """Write `<name>.safetensors` and `<name>.json` of every network into a folder.

    Args:
        package: the npm package's .tgz, or the folder with its files.
        output: an existing folder.
        report: receives one line per network.

    Raises:
        WeightsError: the package lacks a file, or a file is not the one this conversion was checked with.
        OutputError: the folder cannot be written.
    """
    if not output.is_dir():
        raise OutputError(f"The folder {output} does not exist.")
    for source in NETWORK_SOURCES:
        content = read_package_file(package, source.file)
        check_source(source, content)
        graph, weights = convert_network(source, content)
        packed = save(weights)
        with whole_file(output / f"{source.name}.safetensors") as partial:
            partial.write_bytes(packed)
        with whole_file(output / f"{source.name}.json") as partial:
            partial.write_text(graph_to_json(graph), encoding="utf-8")
        report(f"{source.name}: {len(graph.operations)} operations, {len(packed) / 1e6:.1f} MB of weights")


def read_package_file(package: Path, name: str) -> bytes:
    """Return one file of the package; WeightsError when it is not there."""
    try:
        if package.is_dir():
            return (package / name).read_bytes()
        with tarfile.open(package) as archive:
            member = archive.extractfile(f"package/{name}")
            return member.read() if member else b""
    except (OSError, tarfile.TarError, KeyError):
        raise WeightsError(
            f"{package} holds no {name}.", "Get the package with: npm pack @mediapipe/pose@0.5.1675469404"
        ) from None


def check_source(source: NetworkSource, content: bytes) -> None:
    """Raise WeightsError unless the content is the very file that this conversion was checked with."""
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise WeightsError(f"{source.file} has SHA-256 {found}; {source.sha256} is expected.")


def convert_network(source: NetworkSource, content: bytes) -> tuple[Graph, dict[str, NDArray[np.float16]]]:
    """Return the graph and the weights of one TFLite file."""
    tflite_graph = read_tflite(content)
    operations, outputs, weights = convert_operations(tflite_graph, source.outputs)
    _, height, width, channels = tflite_graph.tensors[tflite_graph.inputs[0]].shape
    graph = Graph(
        name=source.name,
        source=Source(PACKAGE_NAME, source.file, source.sha256, "Apache-2.0", CHANGES),
        input_name="image",
        input_shape=(channels, height, width),
        outputs=outputs,
        operations=operations,
    )
    return graph, weights
