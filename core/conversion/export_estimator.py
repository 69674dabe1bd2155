"""ONNX files of the open estimator from its committed weights, by onnx.helper alone: no torch.

The lifter is a handful of matrix products. The temporal encoder is 24 pairs of ONNX GRU layers, one for each joint.
Weights stay float16 in the file and are cast to float32 when the session is opened.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..errors import EngineError, WeightsError
from ..models.weights import weights_path
from ..skeleton import BETA_COUNT, JOINT_COUNT

OPSET: Final = 17
IR_VERSION: Final = 9
FEATURE_SIZE, EVIDENCE_SIZE, ROT6D_SIZE, CONTEXT_SIZE = 128, 201, 6, 2
IDENTITY_ROT6D: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MINIMUM_SCALE: Final = 0.05
OBSERVABLE_BETAS: Final = 3

Weights = dict[str, NDArray[Any]]


@dataclass
class _GraphWriter:
    """Collects nodes and initialisers; each method returns the name of its result."""

    nodes: list[Any] = field(default_factory=list)
    initializers: list[Any] = field(default_factory=list)

    def weight(self, values: NDArray[Any], name: str) -> str:
        """Store values as float16 and cast them to float32."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float16), f"{name}.half"))
        return self.node("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)

    def constant(self, values: NDArray[Any], name: str) -> str:
        """Store values as they are."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def shape(self, *sizes: int) -> str:
        """Store a shape for Reshape (0 copies, -1 infers) or axes."""
        name = "shape_" + "_".join(str(size) for size in sizes)
        if all(known.name != name for known in self.initializers):
            self.constant(np.array(sizes, np.int64), name)
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add one operation."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def linear(self, x: str, weight: NDArray[Any], bias: NDArray[Any], name: str) -> str:
        """Add x W^T + b for torch's weight (out, in)."""
        product = self.node("MatMul", [x, self.weight(weight.T, f"{name}.weight")], f"{name}.product")
        return self.node("Add", [product, self.weight(bias, f"{name}.bias")], name)

    def gelu(self, x: str) -> str:
        """Add the exact GELU: x (1 + erf(x / sqrt 2)) / 2."""
        scaled = self.node("Mul", [x, self._scalar(np.sqrt(0.5), "sqrt_half")], f"{x}.scaled")
        erf = self.node("Erf", [scaled], f"{x}.erf")
        plus = self.node("Add", [erf, self._scalar(1.0, "one")], f"{x}.plus")
        half = self.node("Mul", [x, self._scalar(0.5, "half")], f"{x}.half_value")
        return self.node("Mul", [half, plus], f"{x}.gelu")

    def layer_norm(self, x: str, weights: Weights, name: str) -> str:
        """Add a layer norm over the last axis."""
        scale, bias = (self.weight(weights[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias"))
        return self.node("LayerNormalization", [x, scale, bias], f"{name}.normed", axis=-1, epsilon=1e-5)

    def heads(self, features: str, weight: NDArray[Any], transposed: str) -> str:
        """Add the 24 heads: features (24, N, 128) as `features` to `transposed` (N, 24, 6)."""
        # (24, N, 128) @ (24, 128, 6)
        per_joint = self.node(
            "MatMul", [features, self.weight(np.swapaxes(weight, 1, 2), "heads.weight")], "heads.product"
        )
        identity = self.constant(np.array(IDENTITY_ROT6D, np.float32), "identity")
        rotated = self.node("Add", [per_joint, identity], "heads.rot6d")
        return self.node("Transpose", [rotated], transposed, perm=[1, 0, 2])

    def _scalar(self, value: float, name: str) -> str:
        if all(known.name != name for known in self.initializers):
            self.constant(np.array(value, np.float32), name)
        return name

    def model(self, name: str, inputs: list[Any], outputs: list[Any]) -> onnx.ModelProto:
        """Return the checked model."""
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.initializers)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="jointwise"
        )
        onnx.checker.check_model(model)
        return model


def build_lifter_onnx(path: Path, weights_file: Path | None = None) -> None:
    """Write `open_lifter.onnx`: evidence (N, 201) to pose_features, weak_camera, betas and rot6d.

    Args:
        weights_file: None for the committed weights.
    Raises:
        WeightsError: the weights are missing, damaged, or of another network.
    """
    weights, config = _read(weights_file or weights_path("open_lifter"))
    writer = _GraphWriter()
    try:
        _add_lifter(writer, weights, int(config["block_count"]))
    except KeyError as error:
        raise WeightsError(f"The lifter's weights lack {error.args[0]}.") from error
    outputs = [
        _value("pose_features", "N", JOINT_COUNT, FEATURE_SIZE),
        _value("weak_camera", "N", 3),
        _value("betas", "N", BETA_COUNT),
        _value("rot6d", "N", JOINT_COUNT, ROT6D_SIZE),
    ]
    _write(path, writer.model("open_lifter", [_value("evidence", "N", EVIDENCE_SIZE)], outputs))


def build_temporal_onnx(path: Path, weights_file: Path | None = None) -> None:
    """Write `open_temporal.onnx`: pose_features (B, T, 24, 128), joint_context (B, T, 24, 2) to rot6d (B, T, 24, 6).

    A network without the context takes it all the same, and leaves it unused.

    Args:
        weights_file: None for the committed weights.
    Raises:
        WeightsError: the weights are missing, damaged, or of another network.
    """
    weights, config = _read(weights_file or weights_path("open_temporal"))
    writer = _GraphWriter()
    try:
        _add_temporal(writer, weights, config)
    except KeyError as error:
        raise WeightsError(f"The temporal network's weights lack {error.args[0]}.") from error
    inputs = [
        _value("pose_features", "B", "T", JOINT_COUNT, FEATURE_SIZE),
        _value("joint_context", "B", "T", JOINT_COUNT, CONTEXT_SIZE),
    ]
    _write(path, writer.model("open_temporal", inputs, [_value("rot6d", "B", "T", JOINT_COUNT, ROT6D_SIZE)]))


def _add_lifter(writer: _GraphWriter, weights: Weights, block_count: int) -> None:
    mean = writer.weight(weights["evidence_mean"], "evidence_mean")
    std = writer.weight(weights["evidence_std"], "evidence_std")
    centred = writer.node("Sub", ["evidence", mean], "centred")
    x = writer.node("Div", [centred, std], "standardised")
    x = writer.gelu(writer.linear(x, weights["stem.weight"], weights["stem.bias"], "stem"))
    x = writer.layer_norm(x, weights, "stem_norm")
    for block in range(block_count):
        name = f"blocks.{block}"
        inner = writer.linear(x, weights[f"{name}.linear.weight"], weights[f"{name}.linear.bias"], f"{name}.linear")
        inner = writer.layer_norm(writer.gelu(inner), weights, f"{name}.norm")
        x = writer.node("Add", [x, inner], f"{name}.sum")
    flat = writer.linear(x, weights["features.weight"], weights["features.bias"], "features")
    flat = writer.node("Relu", [flat], "features.positive")
    features = writer.node("Reshape", [flat, writer.shape(-1, JOINT_COUNT, FEATURE_SIZE)], "pose_features")
    by_joint = writer.node("Transpose", [features], "features.by_joint", perm=[1, 0, 2])
    writer.heads(by_joint, weights["heads.weight"], "rot6d")
    _add_camera_shape(writer, weights, features)


def _add_camera_shape(writer: _GraphWriter, weights: Weights, features: str) -> None:
    names = {part: f"camera_shape.{part}" for part in ("reduce", "camera", "shape")}

    def linear(x: str, part: str) -> str:
        name = names[part]
        return writer.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"], name)

    reduced = linear(features, "reduce")
    joined = writer.node("Reshape", [reduced, writer.shape(0, -1)], "camera_shape.joined")
    pads = writer.constant(np.array([0, 0, 0, BETA_COUNT - OBSERVABLE_BETAS], np.int64), "shape.pads")
    writer.node("Pad", [linear(joined, "shape"), pads], "betas")
    raw = linear(joined, "camera")
    start, one, three, axis = (writer.shape(value) for value in (0, 1, 3, -1))
    scale = writer.node("Slice", [raw, start, one, axis], "camera.raw_scale")
    across = writer.node("Slice", [raw, one, three, axis], "camera.across")
    doubled = writer.node("Add", [scale, scale], "camera.doubled")
    positive = writer.node("Softplus", [doubled], "camera.positive")
    halved = writer.node("Mul", [positive, writer.constant(np.array(0.5, np.float32), "camera.half")], "camera.halved")
    minimum = writer.constant(np.array(MINIMUM_SCALE, np.float32), "camera.minimum")
    bounded = writer.node("Add", [halved, minimum], "camera.scale")
    writer.node("Concat", [bounded, across], "weak_camera", axis=-1)


def _add_temporal(writer: _GraphWriter, weights: Weights, config: dict[str, Any]) -> None:
    hidden, directions = int(config["hidden_size"]), 2 if config["direction"] == "bi" else 1
    # (B, T, 24, 128) to (24, T, B, 128), then one sequence for each joint.
    by_joint = writer.node("Transpose", ["pose_features"], "by_joint", perm=[2, 1, 0, 3])
    seen = by_joint
    if config.get("has_context"):
        context = writer.node("Transpose", ["joint_context"], "context_by_joint", perm=[2, 1, 0, 3])
        seen = writer.node("Concat", [by_joint, context], "seen", axis=-1)
    joints = [f"joint_{joint}" for joint in range(JOINT_COUNT)]
    writer.nodes.append(helper.make_node("Split", [seen], [f"{name}.kept" for name in joints], axis=0))
    results = []
    for joint, name in enumerate(joints):
        x = writer.node("Squeeze", [f"{name}.kept", writer.shape(0)], name)
        for layer in (0, 1):
            x = _add_gru(writer, weights, x, f"{name}.gru_{layer}", layer, joint, hidden, directions)
        results.append(writer.node("Unsqueeze", [x, writer.shape(0)], f"{name}.states"))
    states = writer.node("Concat", results, "states", axis=0)
    flat = writer.node("Reshape", [states, writer.shape(JOINT_COUNT, -1, directions * hidden)], "states.flat")
    projection = writer.weight(weights["encoder.projection_weight"], "projection.weight")
    product = writer.node("MatMul", [flat, projection], "projection.product")
    bias = writer.weight(weights["encoder.projection_bias"], "projection.bias")
    encoded = writer.node("Add", [product, bias], "projection")
    if config["residual"]:
        kept = writer.node("Reshape", [by_joint, writer.shape(JOINT_COUNT, -1, FEATURE_SIZE)], "by_joint.flat")
        encoded = writer.node("Add", [encoded, kept], "encoded")
    _add_temporal_heads(writer, weights, encoded)


def _add_temporal_heads(writer: _GraphWriter, weights: Weights, encoded: str) -> None:
    """Add the heads on features (24, T * B, 128) and bring the result to (B, T, 24, 6)."""
    rows = writer.heads(encoded, weights["heads.weight"], "rot6d.rows")
    size = writer.node("Shape", ["pose_features"], "input_shape")
    batch, frames = (
        writer.node("Gather", [size, writer.constant(np.array([axis], np.int64), f"axis_{axis}")], f"size_{axis}")
        for axis in (0, 1)
    )
    tail = writer.constant(np.array([JOINT_COUNT, ROT6D_SIZE], np.int64), "tail")
    shape = writer.node("Concat", [frames, batch, tail], "output_shape", axis=0)
    by_time = writer.node("Reshape", [rows, shape], "rot6d.by_time")
    writer.node("Transpose", [by_time], "rot6d", perm=[1, 0, 2, 3])


def _add_gru(
    writer: _GraphWriter, weights: Weights, x: str, name: str, layer: int, joint: int, hidden: int, directions: int
) -> str:
    """Add one layer of one joint's GRU: (T, B, in) to (T, B, directions * hidden)."""
    bank = [direction * JOINT_COUNT + joint for direction in range(directions)]
    source = f"encoder.layers.{layer}"
    # Stored (bank, in, 3 hidden) in torch's gate order reset, update, new; ONNX wants (directions, 3 hidden, in).
    input_weight = _onnx_gates(np.swapaxes(weights[f"{source}.weight_ih"][bank], 1, 2))
    hidden_weight = _onnx_gates(np.swapaxes(weights[f"{source}.weight_hh"][bank], 1, 2))
    biases = [_onnx_gates(weights[f"{source}.bias_{kind}"][bank][:, 0]) for kind in ("ih", "hh")]
    inputs = [
        x,
        writer.weight(input_weight, f"{name}.w"),
        writer.weight(hidden_weight, f"{name}.r"),
        writer.weight(np.concatenate(biases, axis=1), f"{name}.b"),
    ]
    direction = "bidirectional" if directions == 2 else "forward"
    states = writer.node("GRU", inputs, f"{name}.y", hidden_size=hidden, direction=direction, linear_before_reset=1)
    # (T, directions, B, hidden) to (T, B, directions * hidden)
    swapped = writer.node("Transpose", [states], f"{name}.swapped", perm=[0, 2, 1, 3])
    return writer.node("Reshape", [swapped, writer.shape(0, 0, directions * hidden)], f"{name}.joined")


def _onnx_gates(values: NDArray[Any]) -> NDArray[Any]:
    """Return values (D, 3 hidden, ...) with the gates in ONNX's order: update, reset, new."""
    reset, update, new = np.split(values, 3, axis=1)
    return np.concatenate([update, reset, new], axis=1)


def _value(name: str, *shape: int | str) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def _write(path: Path, model: onnx.ModelProto) -> None:
    path.write_bytes(model.SerializeToString(deterministic=True))


def _read(path: Path) -> tuple[Weights, dict[str, Any]]:
    """Return the arrays and the configuration of a weight file."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise EngineError("Reading the committed weights needs the safetensors package.", "Install it.") from None
    if not path.is_file():
        raise WeightsError(f"The weights {path} are missing.", "Install Jointwise again.")
    try:
        with safe_open(path, framework="np") as file:
            config = json.loads((file.metadata() or {})["config"])
            return {name: file.get_tensor(name) for name in file.keys()}, config  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise WeightsError(f"The weights {path} cannot be read: {error}.") from None
