"""The operations of a TFLite graph (NHWC) as operations of `core.models.graph` (NCHW); used by `convert_blazepose`."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import WeightsError
from ..models.graph import (
    Add,
    ConcatenateRows,
    Convolution,
    DepthToSpace,
    Flatten,
    MaxPool,
    Operation,
    PadChannels,
    Rows,
    Sigmoid,
    Upsample,
)
from .tflite_reader import TfliteGraph, TfliteOperator

Outputs = dict[str, tuple[str, tuple[int, ...]]]
Weights = dict[str, NDArray[np.float16]]


@dataclass(frozen=True)
class OutputRequest:
    """An output to keep: its public name, its TFLite tensor, and its shape without the batch axis."""

    name: str
    tensor: str
    shape: tuple[int, ...]


def convert_operations(
    graph: TfliteGraph, requests: tuple[OutputRequest, ...]
) -> tuple[tuple[Operation, ...], Outputs, Weights]:
    """Return the operations that the requested outputs need, the outputs, and the weights.

    Raises:
        WeightsError: an operator or a form of it that BlazePose does not use.
    """
    conversion = _Conversion(graph, {graph.tensor_id(request.tensor): request for request in requests})
    for operator in needed_operators(graph, set(conversion.requests)):
        conversion.convert(operator)
    outputs = {
        request.name: (conversion.values[tensor_id], request.shape)
        for tensor_id, request in conversion.requests.items()
    }
    return tuple(conversion.operations), outputs, conversion.weights


def needed_operators(graph: TfliteGraph, wanted: set[int]) -> list[TfliteOperator]:
    """Return, in order, the operators that the wanted tensors depend on; the others are dead."""
    needed = set(wanted)
    kept = []
    for operator in reversed(graph.operators):
        if operator.output in needed:
            needed.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]


def same_padding(size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return (top, left, bottom, right) of TensorFlow's SAME: the odd pixel goes to the bottom and the right."""
    before, after = [], []
    for length, kernel_length, step in zip(size, kernel, stride, strict=True):
        total = max((-(-length // step) - 1) * step + kernel_length - length, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return before[0], before[1], after[0], after[1]


@dataclass
class _Conversion:
    """State of one conversion: names of the values so far, folded paddings, operations and weights out."""

    graph: TfliteGraph
    requests: dict[int, OutputRequest]
    values: dict[int, str] = field(default_factory=dict)
    spatial_pads: dict[int, tuple[int, tuple[int, int, int, int]]] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    weights: Weights = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values[self.graph.inputs[0]] = "image"

    def convert(self, operator: TfliteOperator) -> None:
        """Append the operation of one operator."""
        _CONVERTERS[operator.kind](self, operator)

    def append(self, operator: TfliteOperator, operation: Operation) -> None:
        """Add an operation and remember the value it makes."""
        self.operations.append(operation)
        self.values[operator.output] = operation.output

    def input_names(self, operator: TfliteOperator) -> tuple[str, ...]:
        """Return the names of the values that the operator reads, constants left out."""
        return tuple(self.values[index] for index in operator.inputs if index not in self.graph.constants)

    def shape(self, tensor_id: int) -> tuple[int, ...]:
        """Return the NHWC shape of a tensor."""
        return self.graph.tensors[tensor_id].shape

    def half(self, tensor_id: int) -> NDArray[np.float16]:
        """Return a constant as half precision; WeightsError when that would lose digits."""
        values = self.graph.constants[tensor_id]
        halves = values.astype(np.float16)
        if not np.array_equal(halves.astype(np.float64), values.astype(np.float64)):
            raise WeightsError(f"Weight {self.graph.tensors[tensor_id].name} does not fit half precision.")
        return halves


def _name(kind: str, operator: TfliteOperator) -> str:
    """Name of the value that an operator makes; the number is the tensor's id in the TFLite file."""
    return f"{kind}_{operator.output}"


def _convert_convolution(conversion: _Conversion, operator: TfliteOperator) -> None:
    source, weight_id, bias_id = operator.inputs
    padding = (0, 0, 0, 0)
    if source in conversion.spatial_pads:
        source, padding = conversion.spatial_pads[source]
    # TFLite keeps kernels as (out, h, w, in), depthwise ones as (1, h, w, channels).
    is_depthwise = operator.kind == "DEPTHWISE_CONV_2D"
    weight = conversion.half(weight_id).transpose((3, 0, 1, 2) if is_depthwise else (0, 3, 1, 2))
    if operator.options["same_padding"]:
        if any(padding):
            raise WeightsError("A convolution with two paddings is not supported.")
        height, width = conversion.shape(source)[1:3]
        padding = same_padding((height, width), (weight.shape[2], weight.shape[3]), operator.options["stride"])
    convolution = Convolution(
        output=_name("conv", operator),
        inputs=(conversion.values[source],),
        weight_shape=weight.shape,
        stride=operator.options["stride"],
        padding=padding,
        groups=weight.shape[0] if is_depthwise else 1,
        activation=operator.options["activation"],
    )
    conversion.append(operator, convolution)
    conversion.weights[convolution.weight_key] = np.ascontiguousarray(weight)
    conversion.weights[convolution.bias_key] = conversion.half(bias_id)


def _convert_pad(conversion: _Conversion, operator: TfliteOperator) -> None:
    """Fold a padding of the image plane into the convolutions behind it; keep one of the channels."""
    batch, rows, columns, channels = (
        (int(before), int(after)) for before, after in conversion.graph.constants[operator.inputs[1]]
    )
    if batch != (0, 0) or channels[0] != 0:
        raise WeightsError("Only paddings of the image plane and behind the last channel are supported.")
    if channels[1]:
        names = conversion.input_names(operator)
        conversion.append(operator, PadChannels(_name("pad", operator), (names[0],), channels[1]))
    else:
        conversion.spatial_pads[operator.output] = (
            operator.inputs[0],
            (rows[0], columns[0], rows[1], columns[1]),
        )


def _convert_add(conversion: _Conversion, operator: TfliteOperator) -> None:
    first, second = conversion.input_names(operator)
    if conversion.shape(operator.inputs[0]) != conversion.shape(operator.inputs[1]):
        raise WeightsError("A sum of arrays of different shapes is not supported.")
    conversion.append(operator, Add(_name("add", operator), (first, second), operator.options["activation"]))


def _convert_max_pool(conversion: _Conversion, operator: TfliteOperator) -> None:
    options = operator.options
    if options["same_padding"] or options["activation"] != "none":
        raise WeightsError("Only plain max pooling is supported.")
    (name,) = conversion.input_names(operator)
    conversion.append(operator, MaxPool(_name("pool", operator), (name,), options["kernel"], options["stride"]))


def _convert_resize(conversion: _Conversion, operator: TfliteOperator) -> None:
    height, width = conversion.shape(operator.inputs[0])[1:3]
    is_doubling = conversion.shape(operator.output)[1:3] == (2 * height, 2 * width)
    if operator.options["align_corners"] or not operator.options["half_pixel"] or not is_doubling:
        raise WeightsError("Only a doubling with half-pixel centres is supported.")
    (name,) = conversion.input_names(operator)
    conversion.append(operator, Upsample(_name("up", operator), (name,)))


def _convert_depth_to_space(conversion: _Conversion, operator: TfliteOperator) -> None:
    (name,) = conversion.input_names(operator)
    conversion.append(operator, DepthToSpace(_name("space", operator), (name,), operator.options["block"]))


def _convert_reshape(conversion: _Conversion, operator: TfliteOperator) -> None:
    """A wanted (1, C) output takes the shape that was asked for; (1, rows, columns) stays."""
    names = conversion.input_names(operator)
    request = conversion.requests.get(operator.output)
    shape = request.shape if request else conversion.shape(operator.output)[1:]
    if len(shape) == 1:
        conversion.append(operator, Flatten(_name("flat", operator), (names[0],)))
    else:
        rows, columns = shape
        conversion.append(operator, Rows(_name("rows", operator), (names[0],), rows, columns))


def _convert_logistic(conversion: _Conversion, operator: TfliteOperator) -> None:
    (name,) = conversion.input_names(operator)
    conversion.append(operator, Sigmoid(_name("sigmoid", operator), (name,)))


def _convert_concatenation(conversion: _Conversion, operator: TfliteOperator) -> None:
    if operator.options["axis"] != 1 or len(conversion.shape(operator.output)) != 3:
        raise WeightsError("Only rows can be concatenated.")
    conversion.append(operator, ConcatenateRows(_name("rows", operator), conversion.input_names(operator)))


_CONVERTERS: dict[str, Callable[[_Conversion, TfliteOperator], None]] = {
    "CONV_2D": _convert_convolution,
    "DEPTHWISE_CONV_2D": _convert_convolution,
    "PAD": _convert_pad,
    "ADD": _convert_add,
    "MAX_POOL_2D": _convert_max_pool,
    "RESIZE_BILINEAR": _convert_resize,
    "DEPTH_TO_SPACE": _convert_depth_to_space,
    "RESHAPE": _convert_reshape,
    "LOGISTIC": _convert_logistic,
    "CONCATENATION": _convert_concatenation,
}
