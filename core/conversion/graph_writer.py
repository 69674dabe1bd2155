"""Writes ONNX graphs by onnx.helper alone; what the exports of the estimator's networks share."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..errors import EngineError, WeightsError

OPSET: Final = 17
IR_VERSION: Final = 9
IDENTITY_ROT6D: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

Weights = dict[str, NDArray[Any]]


@dataclass
class GraphWriter:
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


def value_info(name: str, *shape: int | str) -> Any:
    """Return the description of a float input or output; sizes by name are free."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def write_model(path: Path, model: onnx.ModelProto) -> None:
    """Write the same bytes for the same model."""
    path.write_bytes(model.SerializeToString(deterministic=True))


def read_weight_file(path: Path) -> tuple[Weights, dict[str, Any]]:
    """Return the arrays and the configuration of a weight file.

    Raises:
        EngineError: the package safetensors is missing.
        WeightsError: the file is missing or damaged.
    """
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
