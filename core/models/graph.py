"""A convolutional network as a typed list of operations, and its JSON file; the weights lie beside in safetensors.

Arrays are NCHW. Written by `core.conversion.convert_blazepose` and `convert_nanodet`, run by `torch_graph`, turned into
ONNX by `core.conversion.onnx_graph`. Standard library only.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import WeightsError

GRAPH_FORMAT: Final = "jointwise-graph"
GRAPH_VERSION: Final = 1

Activation = Literal["none", "relu", "relu6", "leaky_relu"]

LEAKY_SLOPE: Final = 0.1
"""Of leaky_relu below 0."""


@dataclass(frozen=True)
class Convolution:
    """2-D convolution with bias; `groups` equals the channels where it is depthwise.

    `padding` is (top, left, bottom, right); `weight_shape` is (out, in / groups, height, width).
    """

    output: str
    inputs: tuple[str]
    weight_shape: tuple[int, int, int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    groups: int
    activation: Activation

    @property
    def weight_key(self) -> str:
        """Key of the kernel in the safetensors file."""
        return f"{self.output}.weight"

    @property
    def bias_key(self) -> str:
        """Key of the bias in the safetensors file."""
        return f"{self.output}.bias"


@dataclass(frozen=True)
class Add:
    """Sum of two arrays of one shape."""

    output: str
    inputs: tuple[str, str]
    activation: Activation


@dataclass(frozen=True)
class MaxPool:
    """Maximum over windows of `kernel`, without padding."""

    output: str
    inputs: tuple[str]
    kernel: tuple[int, int]
    stride: tuple[int, int]


@dataclass(frozen=True)
class PaddedMaxPool:
    """Maximum over windows of `kernel`, with `padding` (rows, columns) on either side that is never the maximum."""

    output: str
    inputs: tuple[str]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class Halve:
    """Half the height and width: means of 2 x 2, which is bilinear with pixel centres at half."""

    output: str
    inputs: tuple[str]


@dataclass(frozen=True)
class Upsample:
    """Twice the height and width, bilinear, pixel centres at half."""

    output: str
    inputs: tuple[str]


@dataclass(frozen=True)
class PadChannels:
    """Appends `count` channels of zeros."""

    output: str
    inputs: tuple[str]
    count: int


@dataclass(frozen=True)
class DepthToSpace:
    """Moves channels into `block` x `block` pixels; a channel index reads (row, column, channel)."""

    output: str
    inputs: tuple[str]
    block: int


@dataclass(frozen=True)
class Rows:
    """(N, C, H, W) becomes (N, rows, columns), read in the order height, width, channel."""

    output: str
    inputs: tuple[str]
    rows: int
    columns: int


@dataclass(frozen=True)
class Flatten:
    """(N, C, 1, 1) becomes (N, C)."""

    output: str
    inputs: tuple[str]


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + exp(-x))."""

    output: str
    inputs: tuple[str]


@dataclass(frozen=True)
class ConcatenateRows:
    """Joins (N, rows, columns) arrays along the rows."""

    output: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class ConcatenateChannels:
    """Joins (N, C, H, W) arrays along the channels."""

    output: str
    inputs: tuple[str, ...]


Operation = (
    Convolution
    | Add
    | MaxPool
    | PaddedMaxPool
    | Halve
    | Upsample
    | PadChannels
    | DepthToSpace
    | Rows
    | Flatten
    | Sigmoid
    | ConcatenateRows
    | ConcatenateChannels
)

_OPERATION_TYPES: Final[dict[str, type[Any]]] = {
    "convolution": Convolution,
    "add": Add,
    "max_pool": MaxPool,
    "padded_max_pool": PaddedMaxPool,
    "halve": Halve,
    "upsample": Upsample,
    "pad_channels": PadChannels,
    "depth_to_space": DepthToSpace,
    "rows": Rows,
    "flatten": Flatten,
    "sigmoid": Sigmoid,
    "concatenate_rows": ConcatenateRows,
    "concatenate_channels": ConcatenateChannels,
}
_OPERATION_NAMES: Final = {operation_type: name for name, operation_type in _OPERATION_TYPES.items()}


@dataclass(frozen=True)
class Source:
    """Where the weights come from."""

    package: str
    file: str
    sha256: str
    licence: str
    changes: str


@dataclass(frozen=True)
class Graph:
    """A network: its input (C, H, W) called `input_name`, its operations in order, and its outputs.

    `outputs` maps the public name to (the value's name, its shape without the batch axis).
    """

    name: str
    source: Source
    input_name: str
    input_shape: tuple[int, int, int]
    outputs: dict[str, tuple[str, tuple[int, ...]]]
    operations: tuple[Operation, ...]

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every array that the safetensors file must hold, by key."""
        shapes: dict[str, tuple[int, ...]] = {}
        for operation in self.operations:
            if isinstance(operation, Convolution):
                shapes[operation.weight_key] = operation.weight_shape
                shapes[operation.bias_key] = (operation.weight_shape[0],)
        return shapes

    def last_uses(self) -> dict[str, int]:
        """Return for each value the index of the last operation that reads it; outputs are left out."""
        kept = {value for value, _ in self.outputs.values()}
        uses = {name: index for index, operation in enumerate(self.operations) for name in operation.inputs}
        return {name: index for name, index in uses.items() if name not in kept}


def graph_to_json(graph: Graph) -> str:
    """Return the JSON text of a graph, one operation per line."""
    header = dataclasses.asdict(graph)
    del header["operations"]
    lines = [
        json.dumps({"kind": _OPERATION_NAMES[type(operation)], **dataclasses.asdict(operation)})
        for operation in graph.operations
    ]
    fields = {"format": GRAPH_FORMAT, "version": GRAPH_VERSION, **header}
    parts = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in fields.items()]
    return "\n".join(["{", *parts, '  "operations": [', "    " + ",\n    ".join(lines), "  ]", "}", ""])


def load_graph(path: Path) -> Graph:
    """Return the graph of a JSON file; WeightsError when it is missing, damaged, or of a newer version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"The network description {path} is missing.", "Install Jointwise again.") from None
    except (OSError, ValueError) as error:
        raise WeightsError(f"The network description {path} cannot be read: {error}.") from None
    if not isinstance(content, dict) or content.get("format") != GRAPH_FORMAT:
        raise WeightsError(f"{path} is not a network description.")
    if content.get("version") != GRAPH_VERSION:
        raise WeightsError(
            f"{path} has version {content.get('version')}; this Jointwise reads version {GRAPH_VERSION}."
        )
    try:
        return _decode_graph(content)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"The network description {path} is damaged: {error!r}.") from None


def _decode_graph(content: dict[str, Any]) -> Graph:
    return Graph(
        name=content["name"],
        source=Source(**content["source"]),
        input_name=content["input_name"],
        input_shape=tuple(content["input_shape"]),
        outputs={name: (value, tuple(shape)) for name, (value, shape) in content["outputs"].items()},
        operations=tuple(_decode_operation(fields) for fields in content["operations"]),
    )


def _decode_operation(fields: dict[str, Any]) -> Operation:
    operation_type = _OPERATION_TYPES[fields["kind"]]
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items() if key != "kind"}
    operation: Operation = operation_type(**values)
    return operation
