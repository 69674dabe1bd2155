"""A `Graph` as a torch module: one small module per operation, run in order, channels last.

The plain form works on any device. `pack_for_cpu` swaps the convolutions for oneDNN ones with weights packed
beforehand, which are about twice as fast at batch 1 on one thread (see docs/engines.md).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from .graph import (
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
    Operation,
    PadChannels,
    PaddedMaxPool,
    Rows,
    Sigmoid,
    Upsample,
    load_graph,
)
from .weights import ASSETS, load_weights, weights_path

ACTIVATIONS: Final[dict[Activation, Callable[[Tensor], Tensor]]] = {
    "none": lambda values: values,
    "relu": F.relu_,
    "relu6": lambda values: values.clamp_(0.0, 6.0),
    "leaky_relu": lambda values: F.leaky_relu_(values, LEAKY_SLOPE),
}


class GraphModule(nn.Module):
    """A network that runs the operations of a graph.

    Args:
        graph: the operations.
        weights: kernels (out, in / groups, h, w) and biases by key; float16 arrays are run as float32.
    """

    def __init__(self, graph: Graph, weights: Mapping[str, NDArray[np.generic]]) -> None:
        super().__init__()
        self.graph = graph
        self.steps = nn.ModuleList(_build_step(operation, weights) for operation in graph.operations)
        self.last_uses = graph.last_uses()

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Return the outputs by public name for images (N, C, H, W)."""
        values = {self.graph.input_name: image.contiguous(memory_format=torch.channels_last)}
        for index, (operation, step) in enumerate(zip(self.graph.operations, self.steps, strict=True)):
            values[operation.output] = step(*(values[name] for name in operation.inputs))
            for name in set(operation.inputs):
                if self.last_uses.get(name) == index:
                    del values[name]
        return {name: values[value] for name, (value, _) in self.graph.outputs.items()}


class ConvolutionStep(nn.Module):
    """Convolution, bias and activation with torch's public functions; any device."""

    weight: Tensor
    bias: Tensor

    def __init__(self, operation: Convolution, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.operation = operation
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias)

    def forward(self, values: Tensor) -> Tensor:
        """Return (N, out, H', W')."""
        values, padding = _pad_unevenly(values, self.operation.padding)
        stride, groups = self.operation.stride, self.operation.groups
        result = F.conv2d(values, self.weight, self.bias, stride, padding, groups=groups)
        return ACTIVATIONS[self.operation.activation](result)


class PackedConvolutionStep(nn.Module):
    """The same on oneDNN with a packed kernel and a fused activation; CPU only.

    Note: `torch.ops.mkldnn` is private to torch, hence `is_packing_available` and the plain form beside it.
    At batch 1 on one thread torch sends 1 x 1 convolutions to a slow generic path; this form does not.
    """

    FUSED: Final[dict[Activation, tuple[str, list[float], str]]] = {
        "none": ("none", [], ""),
        "relu": ("relu", [], ""),
        "relu6": ("hardtanh", [0.0, 6.0], ""),
        "leaky_relu": ("leaky_relu", [LEAKY_SLOPE], ""),
    }

    def __init__(self, plain: ConvolutionStep) -> None:
        super().__init__()
        self.operation = plain.operation
        self.bias = plain.bias
        padding = _even_padding(self.operation.padding) or (0, 0)
        self.arguments = (list(padding), list(self.operation.stride), [1, 1], self.operation.groups)
        self.weight = torch.ops.mkldnn._reorder_convolution_weight(plain.weight, *self.arguments, None)
        self.fused = self.FUSED[self.operation.activation]

    def forward(self, values: Tensor) -> Tensor:
        """Return (N, out, H', W')."""
        values, _ = _pad_unevenly(values, self.operation.padding)
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            values, self.weight, self.bias, *self.arguments, *self.fused
        )
        return result


class FunctionStep(nn.Module):
    """An operation without weights."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *values: Tensor) -> Tensor:
        """Return the function's value."""
        return self.function(*values)


def load_graph_module(name: str) -> GraphModule:
    """Return a detector or landmark network with the committed weights, on the CPU, ready to run.

    Raises:
        WeightsError: its files are missing, damaged, or do not fit each other.
    """
    graph = load_graph(ASSETS / f"{name}.json")
    return GraphModule(graph, load_weights(weights_path(name), graph.weight_shapes())).eval()


def pack_for_cpu(module: nn.Module) -> None:
    """Swap the convolutions of every graph in a module for packed ones, where this torch has them."""
    if not is_packing_available():
        return
    for part in module.modules():
        if isinstance(part, GraphModule):
            for index, step in enumerate(part.steps):
                if isinstance(step, ConvolutionStep):
                    part.steps[index] = PackedConvolutionStep(step)


def is_packing_available() -> bool:
    """Tell whether oneDNN's packed convolution exists here and computes what `conv2d` does."""
    if not torch.backends.mkldnn.is_available():
        return False
    operation = Convolution("probe", ("image",), (2, 1, 3, 3), (2, 2), (1, 1, 1, 1), 2, "relu6")
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(1, 2, 5, 5, generator=generator).contiguous(memory_format=torch.channels_last)
    plain = ConvolutionStep(operation, torch.randn(2, 1, 3, 3, generator=generator), torch.zeros(2))
    try:
        return torch.allclose(PackedConvolutionStep(plain)(values), plain(values), atol=1e-5)
    except (AttributeError, RuntimeError, TypeError, NotImplementedError):
        return False


def _even_padding(padding: tuple[int, int, int, int]) -> tuple[int, int] | None:
    """Return (rows, columns) of a padding that is equal on both sides, else None."""
    top, left, bottom, right = padding
    return (top, left) if (top, left) == (bottom, right) else None


def _pad_unevenly(values: Tensor, padding: tuple[int, int, int, int]) -> tuple[Tensor, tuple[int, int]]:
    """Return the values and the even padding left to do; an uneven padding is done here."""
    even = _even_padding(padding)
    if even is not None:
        return values, even
    top, left, bottom, right = padding
    return F.pad(values, (left, right, top, bottom)), (0, 0)


def _build_step(operation: Operation, weights: Mapping[str, NDArray[np.generic]]) -> nn.Module:
    if isinstance(operation, Convolution):
        weight = torch.from_numpy(weights[operation.weight_key].astype(np.float32))
        bias = torch.from_numpy(weights[operation.bias_key].astype(np.float32))
        return ConvolutionStep(operation, weight, bias)
    return FunctionStep(_FUNCTION_BUILDERS[type(operation)](operation))


def _add(operation: Add) -> Callable[..., Tensor]:
    activation = ACTIVATIONS[operation.activation]
    return lambda first, second: activation(first + second)


def _max_pool(operation: MaxPool) -> Callable[..., Tensor]:
    return lambda values: F.max_pool2d(values, operation.kernel, operation.stride)


def _padded_max_pool(operation: PaddedMaxPool) -> Callable[..., Tensor]:
    return lambda values: F.max_pool2d(values, operation.kernel, operation.stride, operation.padding)


def _halve(_operation: Halve) -> Callable[..., Tensor]:
    return lambda values: F.avg_pool2d(values, 2)


def _upsample(_operation: Upsample) -> Callable[..., Tensor]:
    return lambda values: F.interpolate(values, scale_factor=2.0, mode="bilinear", align_corners=False)


def _pad_channels(operation: PadChannels) -> Callable[..., Tensor]:
    return lambda values: F.pad(values, (0, 0, 0, 0, 0, operation.count))


def _depth_to_space(operation: DepthToSpace) -> Callable[..., Tensor]:
    block = operation.block

    def move(values: Tensor) -> Tensor:
        batch, channels, height, width = values.shape
        out = channels // (block * block)
        blocks = values.reshape(batch, block, block, out, height, width)  # (B, row, column, C, H, W)
        return blocks.permute(0, 3, 4, 1, 5, 2).reshape(batch, out, height * block, width * block)

    return move


def _rows(operation: Rows) -> Callable[..., Tensor]:
    return lambda values: values.permute(0, 2, 3, 1).reshape(values.shape[0], operation.rows, operation.columns)


def _flatten(_operation: Flatten) -> Callable[..., Tensor]:
    return lambda values: values.flatten(1)


def _sigmoid(_operation: Sigmoid) -> Callable[..., Tensor]:
    return torch.sigmoid


def _concatenate(_operation: ConcatenateRows | ConcatenateChannels) -> Callable[..., Tensor]:
    return lambda *values: torch.cat(values, 1)


_FUNCTION_BUILDERS: Final[dict[type[Any], Callable[[Any], Callable[..., Tensor]]]] = {
    Add: _add,
    MaxPool: _max_pool,
    PaddedMaxPool: _padded_max_pool,
    Halve: _halve,
    Upsample: _upsample,
    PadChannels: _pad_channels,
    DepthToSpace: _depth_to_space,
    Rows: _rows,
    Flatten: _flatten,
    Sigmoid: _sigmoid,
    ConcatenateRows: _concatenate,
    ConcatenateChannels: _concatenate,
}
