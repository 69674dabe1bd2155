import numpy as np
import pytest

torch = pytest.importorskip("torch")

from core.models.graph import Convolution, Graph, Source  # noqa: E402
from core.models.torch_graph import (  # noqa: E402
    ConvolutionStep,
    GraphModule,
    PackedConvolutionStep,
    is_packing_available,
    load_graph_module,
    pack_for_cpu,
)

SOURCE = Source("made up", "none", "0", "CC0", "none")
CONVOLUTIONS = {
    "1x1": Convolution("c", ("image",), (4, 3, 1, 1), (1, 1), (0, 0, 0, 0), 1, "none"),
    "stride 2": Convolution("c", ("image",), (4, 3, 3, 3), (2, 2), (1, 1, 1, 1), 1, "relu6"),
    "uneven padding": Convolution("c", ("image",), (4, 3, 3, 3), (2, 2), (0, 0, 1, 1), 1, "relu"),
    "depthwise": Convolution("c", ("image",), (3, 1, 5, 5), (1, 1), (2, 2, 2, 2), 3, "relu6"),
}


def random_weights(operation: Convolution) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    weight = generator.normal(0, 3, operation.weight_shape)
    return {"c.weight": weight.astype(np.float32), "c.bias": weight[:, 0, 0, 0].astype(np.float32)}


def naive_convolution(operation: Convolution, weights: dict[str, np.ndarray], image: np.ndarray) -> np.ndarray:
    """One output number at a time."""
    top, left, bottom, right = operation.padding
    padded = np.pad(image, ((0, 0), (0, 0), (top, bottom), (left, right))).astype(np.float64)
    out, in_group, rows, columns = operation.weight_shape
    height = (padded.shape[2] - rows) // operation.stride[0] + 1
    width = (padded.shape[3] - columns) // operation.stride[1] + 1
    result = np.zeros((len(image), out, height, width))
    for n, channel, y, x in np.ndindex(*result.shape):
        first = channel * operation.groups // out * in_group
        y0, x0 = y * operation.stride[0], x * operation.stride[1]
        window = padded[n, first : first + in_group, y0 : y0 + rows, x0 : x0 + columns]
        result[n, channel, y, x] = (window * weights["c.weight"][channel]).sum() + weights["c.bias"][channel]
    limits = {"none": (-np.inf, np.inf), "relu": (0, np.inf), "relu6": (0, 6)}
    return result.clip(*limits[operation.activation])


@pytest.mark.parametrize("form", [ConvolutionStep, PackedConvolutionStep])
@pytest.mark.parametrize("operation", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_convolution_equals_a_naive_loop(operation, form):
    if form is PackedConvolutionStep and not is_packing_available():
        pytest.skip("this torch has no packed convolution")
    weights = random_weights(operation)
    image = np.random.default_rng(1).normal(size=(2, 3, 6, 8)).astype(np.float32)
    graph = Graph("made_up", SOURCE, "image", (3, 6, 8), {"out": ("c", ())}, (operation,))
    module = GraphModule(graph, weights)
    if form is PackedConvolutionStep:
        pack_for_cpu(module)
        assert isinstance(module.steps[0], PackedConvolutionStep)
    result = module(torch.from_numpy(image))["out"].numpy()
    np.testing.assert_allclose(result, naive_convolution(operation, weights, image), atol=1e-4)


def test_packed_network_equals_the_plain_one():
    if not is_packing_available():
        pytest.skip("this torch has no packed convolution")
    image = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        plain = load_graph_module("blazepose_detector")(image)
        packed_module = load_graph_module("blazepose_detector")
        pack_for_cpu(packed_module)
        packed = packed_module(image)
    for key, values in plain.items():
        assert (packed[key] - values).abs().max() < 1e-4 * values.abs().max()


def test_the_callers_image_is_left_as_it_was():
    image = torch.rand(1, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    before = image.clone()
    load_graph_module("blazepose_detector")(image)
    assert torch.equal(image, before)
