"""Turns a TensorFlow.js graph model into our operations, as far as NanoDet needs it; for `convert_nanodet`.

The file was made from ONNX by way of TensorFlow: every convolution is wrapped in transpositions to channels last and
back, and padded beforehand. Here all is channels first, so transpositions vanish, and padding goes into what follows.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import WeightsError
from ..models.graph import (
    LEAKY_SLOPE,
    Add,
    ConcatenateChannels,
    Convolution,
    Halve,
    Operation,
    PaddedMaxPool,
    Upsample,
)

HalfWeights = dict[str, NDArray[np.float16]]

IGNORED: Final = frozenset({"SparseToDense", "AddV2", "Reshape", "Sigmoid", "Identity", "Const"})
"""The shapes and ends of the heads: their convolutions are the outputs here."""


@dataclass(frozen=True)
class Value:
    """A value of the file: the operation's output that it is, its channels, its side, the padding still to do."""

    name: str
    channels: int
    side: int
    padding: int = 0


class TfjsConverter:
    """Reads the nodes in order and collects operations, weights and heads.

    Args:
        constants: the file's weights by name.
        side: height and width of the input.
    Attributes:
        operations: by output, in order.
        weights: kernels and biases by key.
        heads: the convolutions that the file splits into classes and boxes.
    """

    def __init__(self, constants: Mapping[str, NDArray[Any]], side: int) -> None:
        self._constants, self._side = constants, side
        self._values: dict[str, Value] = {}
        self.operations: dict[str, Operation] = {}
        self.weights: HalfWeights = {}
        self.heads: list[Value] = []

    def read(self, nodes: Sequence[Mapping[str, Any]]) -> None:
        """Read all nodes.

        Raises:
            WeightsError: one of them is of a kind that this does not know.
        """
        readers = {
            **dict.fromkeys(("Pad", "PadV2"), self._pad),
            "Conv2D": self._convolution,
            "Add": self._add,
            "LeakyRelu": self._leaky_relu,
            "MaxPool": self._max_pool,
            "ConcatV2": self._concatenate,
            "ResizeBilinear": self._resize,
        }
        for node in nodes:
            kind, inputs, name = node["op"], list(node.get("input", [])), node["name"]
            if kind == "Placeholder":
                self._values[name] = Value("image", 3, self._side)
            elif kind == "Transpose" and inputs[0] in self._values:
                self._values[name] = self._values[inputs[0]]
            elif kind == "SplitV":
                self.heads.append(self._values[inputs[0]])
            elif kind in readers:
                self._values[name] = readers[kind](inputs, node.get("attr", {}))
            elif kind not in IGNORED and kind != "Transpose":
                raise WeightsError(f"The network holds an operation {kind}, which is not known here.")

    def _pad(self, inputs: list[str], _attributes: Any) -> Value:
        amounts = np.unique(self._constants[inputs[1]][2:])
        if len(amounts) != 1 or self._constants[inputs[1]][:2].any():
            raise WeightsError("The network pads unevenly, which is not known here.")
        return replace(self._values[inputs[0]], padding=int(amounts[0]))

    def _convolution(self, inputs: list[str], attributes: Any) -> Value:
        value, kernel = self._values[inputs[0]], self._constants[inputs[1]]
        height, width, into, out = kernel.shape
        stride = _window(attributes, "strides")
        if _text(attributes, "padding") != "VALID" or into != value.channels:
            raise WeightsError("The network has a convolution of a kind that is not known here.")
        name = f"conv{sum(isinstance(operation, Convolution) for operation in self.operations.values())}"
        operation = Convolution(
            name, (value.name,), (out, into, height, width), stride, (value.padding,) * 4, 1, "none"
        )  # fmt: skip
        self.weights[operation.weight_key] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1), np.float16)
        side = (value.side + 2 * value.padding - height) // stride[0] + 1
        return self._keep(operation, out, side)

    def _add(self, inputs: list[str], _attributes: Any) -> Value:
        first = self._values[inputs[0]]
        if inputs[1] in self._constants:
            operation = self.operations[first.name]
            assert isinstance(operation, Convolution)
            self.weights[operation.bias_key] = self._constants[inputs[1]].astype(np.float16)
            return first
        second = self._values[inputs[1]]
        return self._keep(
            Add(f"add{len(self.operations)}", (first.name, second.name), "none"), first.channels, first.side
        )

    def _leaky_relu(self, inputs: list[str], attributes: Any) -> Value:
        value = self._values[inputs[0]]
        operation = self.operations[value.name]
        if not isinstance(operation, Convolution) or abs(attributes["alpha"]["f"] - LEAKY_SLOPE) > 1e-6:
            raise WeightsError("The network has an activation that is not known here.")
        self.operations[value.name] = replace(operation, activation="leaky_relu")
        return value

    def _max_pool(self, inputs: list[str], attributes: Any) -> Value:
        value = self._values[inputs[0]]
        kernel, stride = _window(attributes, "ksize"), _window(attributes, "strides")
        padding = (value.padding, value.padding)
        side = (value.side + 2 * value.padding - kernel[0]) // stride[0] + 1
        return self._keep(PaddedMaxPool("pool", (value.name,), kernel, stride, padding), value.channels, side)

    def _concatenate(self, inputs: list[str], _attributes: Any) -> Value:
        values = [self._values[name] for name in inputs[:-1]]
        operation = ConcatenateChannels(f"concat{len(self.operations)}", tuple(value.name for value in values))
        return self._keep(operation, sum(value.channels for value in values), values[0].side)

    def _resize(self, inputs: list[str], attributes: Any) -> Value:
        value, side = self._values[inputs[0]], int(self._constants[inputs[1]][0])
        if not attributes["half_pixel_centers"]["b"] or side not in (2 * value.side, value.side // 2):
            raise WeightsError("The network resizes in a way that is not known here.")
        name = f"resize{len(self.operations)}"
        operation = Upsample(name, (value.name,)) if side > value.side else Halve(name, (value.name,))
        return self._keep(operation, value.channels, side)

    def _keep(self, operation: Operation, channels: int, side: int) -> Value:
        self.operations[operation.output] = operation
        return Value(operation.output, channels, side)


def _window(attributes: Any, name: str) -> tuple[int, int]:
    """Return height and width of an attribute (N, H, W, C)."""
    _, height, width, _ = (int(number) for number in attributes[name]["list"]["i"])
    return height, width


def _text(attributes: Any, name: str) -> str:
    return base64.b64decode(attributes[name]["s"]).decode()
