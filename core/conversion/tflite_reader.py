"""A TFLite file as plain Python: tensors with their constants, and operators with their options.

Constants stored as half precision (DEQUANTIZE) or sparse (DENSIFY) come out as the dense half-precision arrays
they are, and those two operators disappear. Development only; needs the `tflite` package.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import EngineError, WeightsError
from .tflite_sparse import Array, DenseLevel, Level, SparseLevel, densify

try:
    import tflite
except ImportError:
    raise EngineError("The conversion needs the package tflite.", "Install it with: pip install tflite") from None

OPERATOR_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
DTYPES: dict[int, type[np.generic]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
ACTIVATIONS = {
    tflite.ActivationFunctionType.NONE: "none",
    tflite.ActivationFunctionType.RELU: "relu",
    tflite.ActivationFunctionType.RELU6: "relu6",
}
_SPARSE_VECTORS = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}


@dataclass(frozen=True)
class TfliteTensor:
    """One tensor; `shape` is NHWC as in the file."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class TfliteOperator:
    """One operator; `inputs` and `output` are tensor ids, `options` holds what the kind needs."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TfliteGraph:
    """The one subgraph of a file; `constants` maps a tensor id to its dense array."""

    tensors: tuple[TfliteTensor, ...]
    constants: dict[int, Array]
    operators: tuple[TfliteOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def tensor_id(self, name: str) -> int:
        """Return the id of the tensor with this name; WeightsError when there is none."""
        for index, tensor in enumerate(self.tensors):
            if tensor.name == name:
                return index
        raise WeightsError(f"The TFLite file has no tensor named {name}.")


def read_tflite(content: bytes) -> TfliteGraph:
    """Return the graph of a TFLite file; WeightsError when the bytes are not one or use an unknown operator."""
    if content[4:8] != b"TFL3":
        raise WeightsError("The file is not a TFLite model (its identifier is not TFL3).")
    model = tflite.Model.GetRootAsModel(content, 0)
    if model.SubgraphsLength() != 1:
        raise WeightsError(f"The TFLite model has {model.SubgraphsLength()} subgraphs; one is expected.")
    subgraph = model.Subgraphs(0)
    raw_tensors = [subgraph.Tensors(index) for index in range(subgraph.TensorsLength())]
    constants = _read_constants(model, raw_tensors)
    operators = []
    for index in range(subgraph.OperatorsLength()):
        operator = _read_operator(model, subgraph.Operators(index))
        if operator.kind == "DEQUANTIZE":
            constants[operator.output] = constants[operator.inputs[0]]
        elif operator.kind == "DENSIFY":
            sparse_id = operator.inputs[0]
            constants[operator.output] = _densify_tensor(raw_tensors[sparse_id], constants[sparse_id])
        else:
            operators.append(operator)
    return TfliteGraph(
        tensors=tuple(TfliteTensor(tensor.Name().decode(), _shape(tensor)) for tensor in raw_tensors),
        constants=constants,
        operators=tuple(operators),
        inputs=_ids(subgraph.InputsAsNumpy()),
        outputs=_ids(subgraph.OutputsAsNumpy()),
    )


def _ids(values: NDArray[np.int32]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _shape(tensor: Any) -> tuple[int, ...]:
    return _ids(tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()


def _read_constants(model: Any, raw_tensors: list[Any]) -> dict[int, Array]:
    """Return the arrays stored in the file; a sparse tensor's stay flat."""
    constants: dict[int, Array] = {}
    for index, tensor in enumerate(raw_tensors):
        buffer = model.Buffers(tensor.Buffer())
        if not buffer.DataLength():
            continue
        if tensor.Type() not in DTYPES:
            raise WeightsError(f"Tensor {tensor.Name().decode()} has type {tensor.Type()}, which is not supported.")
        values = np.frombuffer(buffer.DataAsNumpy().tobytes(), DTYPES[tensor.Type()])
        constants[index] = values if tensor.Sparsity() is not None else values.reshape(_shape(tensor))
    return constants


def _densify_tensor(tensor: Any, values: Array) -> Array:
    sparsity = tensor.Sparsity()
    levels = [_read_level(sparsity.DimMetadata(index)) for index in range(sparsity.DimMetadataLength())]
    block_map = list(_ids(sparsity.BlockMapAsNumpy())) if sparsity.BlockMapLength() else []
    return densify(values, _shape(tensor), levels, list(_ids(sparsity.TraversalOrderAsNumpy())), block_map)


def _read_level(metadata: Any) -> Level:
    if metadata.Format() == tflite.DimensionType.DENSE:
        return DenseLevel(metadata.DenseSize())
    segments = _sparse_vector(metadata.ArraySegmentsType(), metadata.ArraySegments())
    indices = _sparse_vector(metadata.ArrayIndicesType(), metadata.ArrayIndices())
    return SparseLevel(segments, indices)


def _sparse_vector(vector_type: int, table: Any) -> NDArray[np.int64]:
    vector = _SPARSE_VECTORS[vector_type]()
    vector.Init(table.Bytes, table.Pos)
    values: NDArray[np.int64] = vector.ValuesAsNumpy().astype(np.int64)
    return values


def _read_operator(model: Any, operator: Any) -> TfliteOperator:
    code = model.OperatorCodes(operator.OpcodeIndex())
    # Files written before TFLite 2.4 hold the kind in the deprecated 8-bit field only.
    kind = OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    outputs = _ids(operator.OutputsAsNumpy())
    return TfliteOperator(kind, _ids(operator.InputsAsNumpy()), outputs[0], _read_options(kind, operator))


def _read_options(kind: str, operator: Any) -> dict[str, Any]:
    """Return the options of an operator as named in the TFLite schema, in snake case."""
    if kind not in _OPTION_READERS:
        raise WeightsError(f"The TFLite operator {kind} is not supported.")
    options_class, read = _OPTION_READERS[kind]
    table = operator.BuiltinOptions()
    if options_class is None or table is None:
        return {}
    options = options_class()
    options.Init(table.Bytes, table.Pos)
    values: dict[str, Any] = read(options)
    return values


def _read_convolution(options: Any) -> dict[str, Any]:
    if (options.DilationHFactor(), options.DilationWFactor()) != (1, 1):
        raise WeightsError("Dilated convolutions are not supported.")
    return {
        "stride": (options.StrideH(), options.StrideW()),
        "same_padding": options.Padding() == tflite.Padding.SAME,
        "activation": ACTIVATIONS[options.FusedActivationFunction()],
    }


def _read_pool(options: Any) -> dict[str, Any]:
    return {
        "kernel": (options.FilterHeight(), options.FilterWidth()),
        "stride": (options.StrideH(), options.StrideW()),
        "same_padding": options.Padding() == tflite.Padding.SAME,
        "activation": ACTIVATIONS[options.FusedActivationFunction()],
    }


def _read_resize(options: Any) -> dict[str, Any]:
    return {"align_corners": bool(options.AlignCorners()), "half_pixel": bool(options.HalfPixelCenters())}


def _read_activation(options: Any) -> dict[str, Any]:
    return {"activation": ACTIVATIONS[options.FusedActivationFunction()]}


def _read_concatenation(options: Any) -> dict[str, Any]:
    return {"axis": options.Axis(), "activation": ACTIVATIONS[options.FusedActivationFunction()]}


def _read_nothing(_options: Any) -> dict[str, Any]:
    return {}


_OPTION_READERS: dict[str, tuple[Any, Any]] = {
    "DEQUANTIZE": (None, _read_nothing),
    "DENSIFY": (None, _read_nothing),
    "PAD": (None, _read_nothing),
    "RESHAPE": (None, _read_nothing),
    "LOGISTIC": (None, _read_nothing),
    "CONV_2D": (tflite.Conv2DOptions, _read_convolution),
    "DEPTHWISE_CONV_2D": (tflite.DepthwiseConv2DOptions, _read_convolution),
    "ADD": (tflite.AddOptions, _read_activation),
    "MAX_POOL_2D": (tflite.Pool2DOptions, _read_pool),
    "RESIZE_BILINEAR": (tflite.ResizeBilinearOptions, _read_resize),
    "DEPTH_TO_SPACE": (tflite.DepthToSpaceOptions, lambda options: {"block": options.BlockSize()}),
    "CONCATENATION": (tflite.ConcatenationOptions, _read_concatenation),
}
