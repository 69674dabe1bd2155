"""ONNX files of the open estimator from its committed weights, by onnx.helper alone: no torch.

The lifter is a handful of matrix products. The temporal encoder is 24 pairs of ONNX GRU layers, one for each joint.
Weights stay float16 in the file and are cast to float32 when the session is opened.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from ..errors import WeightsError
from ..models.weights import weights_path
from ..skeleton import BETA_COUNT, JOINT_COUNT
from .graph_writer import GraphWriter, Weights, read_weight_file, value_info, write_model

FEATURE_SIZE, EVIDENCE_SIZE, ROT6D_SIZE, CONTEXT_SIZE = 128, 201, 6, 2
MINIMUM_SCALE: Final = 0.05
OBSERVABLE_BETAS: Final = 3


def build_lifter_onnx(path: Path, weights_file: Path | None = None) -> None:
    """Write `open_lifter.onnx`: evidence (N, 201) to pose_features, weak_camera, betas and rot6d.

    Args:
        weights_file: None for the committed weights.
    Raises:
        WeightsError: the weights are missing, damaged, or of another network.
    """
    weights, config = read_weight_file(weights_file or weights_path("open_lifter"))
    writer = GraphWriter()
    try:
        _add_lifter(writer, weights, int(config["block_count"]))
    except KeyError as error:
        raise WeightsError(f"The lifter's weights lack {error.args[0]}.") from error
    outputs = [
        value_info("pose_features", "N", JOINT_COUNT, FEATURE_SIZE),
        value_info("weak_camera", "N", 3),
        value_info("betas", "N", BETA_COUNT),
        value_info("rot6d", "N", JOINT_COUNT, ROT6D_SIZE),
    ]
    write_model(path, writer.model("open_lifter", [value_info("evidence", "N", EVIDENCE_SIZE)], outputs))


def build_temporal_onnx(path: Path, weights_file: Path | None = None) -> None:
    """Write `open_temporal.onnx`: pose_features (B, T, 24, 128), joint_context (B, T, 24, 2) to rot6d (B, T, 24, 6).

    A network without the context takes it all the same, and leaves it unused.

    Args:
        weights_file: None for the committed weights.
    Raises:
        WeightsError: the weights are missing, damaged, or of another network.
    """
    weights, config = read_weight_file(weights_file or weights_path("open_temporal"))
    writer = GraphWriter()
    try:
        _add_temporal(writer, weights, config)
    except KeyError as error:
        raise WeightsError(f"The temporal network's weights lack {error.args[0]}.") from error
    inputs = [
        value_info("pose_features", "B", "T", JOINT_COUNT, FEATURE_SIZE),
        value_info("joint_context", "B", "T", JOINT_COUNT, CONTEXT_SIZE),
    ]
    write_model(path, writer.model("open_temporal", inputs, [value_info("rot6d", "B", "T", JOINT_COUNT, ROT6D_SIZE)]))


def _add_lifter(writer: GraphWriter, weights: Weights, block_count: int) -> None:
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


def _add_camera_shape(writer: GraphWriter, weights: Weights, features: str) -> None:
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


def _add_temporal(writer: GraphWriter, weights: Weights, config: dict[str, Any]) -> None:
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


def _add_temporal_heads(writer: GraphWriter, weights: Weights, encoded: str) -> None:
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
    writer: GraphWriter, weights: Weights, x: str, name: str, layer: int, joint: int, hidden: int, directions: int
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
