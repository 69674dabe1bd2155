"""A `Graph` and its weights as an ONNX model, without torch; used by `export_onnx`.

Weights stay half precision in the file, behind a Cast to single precision: half the size, and the same numbers.
ONNX Runtime folds the Casts away when it opens the file.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..models.graph import (
    LEAKY_SLOPE,
    Activation,
    Add,
    ConcatenateChannels,
    ConcatenateRows,
    Convolution,
    DepthToSpace,
    Flatten,
    Graph,
    Halve,
    MaxPool,
    PadChannels,
    PaddedMaxPool,
    Rows,
    Sigmoid,
    Upsample,
)

OPSET: Final = 17
IR_VERSION: Final = 8
"""The pair that ONNX Runtime reads from 1.14 on."""

Shapes = Mapping[str, tuple[int | str, ...]]
"""Shape by name; a text in a shape is the name of a free axis."""

_LIMITS: Final = {"relu6_low": 0.0, "relu6_high": 6.0}


def graph_to_onnx(graph: Graph, weights: Mapping[str, NDArray[np.generic]]) -> onnx.ModelProto:
    """Return the model; its input and outputs have the graph's names and a free batch axis `N`."""
    builder = OnnxBuilder()
    for name, limit in _LIMITS.items():
        builder.add_constant(name, np.array(limit, np.float32))
    for operation in graph.operations:
        if isinstance(operation, Convolution):
            builder.add_weight(operation.weight_key, weights[operation.weight_key])
            builder.add_weight(operation.bias_key, weights[operation.bias_key])
        _NODE_WRITERS[type(operation)](builder, operation)
    for name, (value, _) in graph.outputs.items():
        builder.add_node("Identity", [value], name)
    inputs: Shapes = {graph.input_name: ("N", *graph.input_shape)}
    outputs: Shapes = {name: ("N", *shape) for name, (_, shape) in graph.outputs.items()}
    return builder.build(graph.name, inputs, outputs)


class OnnxBuilder:
    """Collects nodes and initialisers; the order in which they are added decides the file's bytes."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._initialisers: list[Any] = []

    def add_node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append a node with one output, and return the output's name."""
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def add_constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Store an array as it is, and return its name."""
        self._initialisers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add_weight(self, name: str, values: NDArray[np.generic]) -> str:
        """Store an array; where it is half precision, `name` is its Cast to single precision."""
        if values.dtype != np.float16:
            return self.add_constant(name, values.astype(np.float32))
        half = self.add_constant(f"{name}.half", values)
        return self.add_node("Cast", [half], name, to=TensorProto.FLOAT)

    def build(self, name: str, inputs: Shapes, outputs: Shapes) -> onnx.ModelProto:
        """Return the checked model."""
        graph = helper.make_graph(
            self._nodes, name, _describe(inputs), _describe(outputs), initializer=self._initialisers
        )
        model = helper.make_model(
            graph,
            producer_name="jointwise",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def _describe(shapes: Shapes) -> list[Any]:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]


def _write_activation(builder: OnnxBuilder, activation: Activation, values: str, output: str) -> None:
    if activation == "relu6":
        builder.add_node("Clip", [values, *_LIMITS], output)
    elif activation == "relu":
        builder.add_node("Relu", [values], output)
    elif activation == "leaky_relu":
        builder.add_node("LeakyRelu", [values], output, alpha=LEAKY_SLOPE)


def _before_activation(activation: Activation, output: str) -> str:
    return output if activation == "none" else f"{output}.linear"


def _write_convolution(builder: OnnxBuilder, operation: Convolution) -> None:
    linear = builder.add_node(
        "Conv",
        [operation.inputs[0], operation.weight_key, operation.bias_key],
        _before_activation(operation.activation, operation.output),
        kernel_shape=operation.weight_shape[2:],
        strides=operation.stride,
        pads=operation.padding,
        group=operation.groups,
    )
    _write_activation(builder, operation.activation, linear, operation.output)


def _write_add(builder: OnnxBuilder, operation: Add) -> None:
    linear = builder.add_node("Add", list(operation.inputs), _before_activation(operation.activation, operation.output))
    _write_activation(builder, operation.activation, linear, operation.output)


def _write_max_pool(builder: OnnxBuilder, operation: MaxPool) -> None:
    builder.add_node(
        "MaxPool",
        list(operation.inputs),
        operation.output,
        kernel_shape=operation.kernel,
        strides=operation.stride,
    )


def _write_padded_max_pool(builder: OnnxBuilder, operation: PaddedMaxPool) -> None:
    builder.add_node(
        "MaxPool",
        list(operation.inputs),
        operation.output,
        kernel_shape=operation.kernel,
        strides=operation.stride,
        pads=operation.padding * 2,
    )


def _write_halve(builder: OnnxBuilder, operation: Halve) -> None:
    builder.add_node("AveragePool", list(operation.inputs), operation.output, kernel_shape=(2, 2), strides=(2, 2))


def _write_upsample(builder: OnnxBuilder, operation: Upsample) -> None:
    scales = builder.add_constant(f"{operation.output}.scales", np.array([1, 1, 2, 2], np.float32))
    builder.add_node(
        "Resize",
        [operation.inputs[0], "", scales],
        operation.output,
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )


def _write_pad_channels(builder: OnnxBuilder, operation: PadChannels) -> None:
    pads = builder.add_constant(f"{operation.output}.pads", np.array([0, 0, 0, 0, 0, operation.count, 0, 0]))
    builder.add_node("Pad", [operation.inputs[0], pads], operation.output)


def _write_depth_to_space(builder: OnnxBuilder, operation: DepthToSpace) -> None:
    builder.add_node("DepthToSpace", list(operation.inputs), operation.output, blocksize=operation.block, mode="DCR")


def _write_rows(builder: OnnxBuilder, operation: Rows) -> None:
    shape = builder.add_constant(f"{operation.output}.shape", np.array([0, operation.rows, operation.columns]))
    rows_last = builder.add_node(
        "Transpose", [operation.inputs[0]], f"{operation.output}.channels_last", perm=(0, 2, 3, 1)
    )
    builder.add_node("Reshape", [rows_last, shape], operation.output)


def _write_flatten(builder: OnnxBuilder, operation: Flatten) -> None:
    builder.add_node("Flatten", list(operation.inputs), operation.output)


def _write_sigmoid(builder: OnnxBuilder, operation: Sigmoid) -> None:
    builder.add_node("Sigmoid", list(operation.inputs), operation.output)


def _write_concatenate(builder: OnnxBuilder, operation: ConcatenateRows | ConcatenateChannels) -> None:
    builder.add_node("Concat", list(operation.inputs), operation.output, axis=1)


_NODE_WRITERS: Final[dict[type[Any], Callable[[OnnxBuilder, Any], None]]] = {
    Convolution: _write_convolution,
    Add: _write_add,
    MaxPool: _write_max_pool,
    PaddedMaxPool: _write_padded_max_pool,
    Halve: _write_halve,
    Upsample: _write_upsample,
    PadChannels: _write_pad_channels,
    DepthToSpace: _write_depth_to_space,
    Rows: _write_rows,
    Flatten: _write_flatten,
    Sigmoid: _write_sigmoid,
    ConcatenateRows: _write_concatenate,
    ConcatenateChannels: _write_concatenate,
}
