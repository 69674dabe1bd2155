"""Every operation as ONNX against the same operation in torch, on a small network that uses them all."""

import numpy as np
import pytest

pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
onnxruntime = pytest.importorskip("onnxruntime")

from core.conversion.onnx_graph import graph_to_onnx  # noqa: E402
from core.models.graph import (  # noqa: E402
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
    Source,
    Upsample,
)
from core.models.torch_graph import GraphModule  # noqa: E402

OPERATIONS = (
    Convolution("stem", ("image",), (8, 3, 3, 3), (2, 2), (0, 0, 1, 1), 1, "relu6"),  # 8 x 8 x 8
    Convolution("depthwise", ("stem",), (8, 1, 5, 5), (1, 1), (2, 2, 2, 2), 8, "relu"),
    Add("sum", ("stem", "depthwise"), "relu6"),
    MaxPool("pool", ("sum",), (2, 2), (2, 2)),  # 8 x 4 x 4
    Upsample("up", ("pool",)),
    Add("skip", ("up", "sum"), "relu"),
    PadChannels("pad", ("skip",), 4),  # 12 x 8 x 8
    DepthToSpace("space", ("pad",), 2),  # 3 x 16 x 16
    Rows("space_rows", ("space",), 128, 6),
    Rows("pool_rows", ("pool",), 64, 2),
    Rows("up_rows", ("up",), 256, 2),
    ConcatenateRows("all_rows", ("pool_rows", "up_rows")),
    Convolution("leaky", ("image",), (4, 3, 3, 3), (1, 1), (1, 1, 1, 1), 1, "leaky_relu"),  # 4 x 16 x 16
    PaddedMaxPool("padded_pool", ("leaky",), (3, 3), (2, 2), (1, 1)),  # 4 x 8 x 8
    Halve("half", ("leaky",)),
    ConcatenateChannels("channels", ("padded_pool", "half")),
    Rows("channel_rows", ("channels",), 64, 8),
    Convolution("head", ("pool",), (5, 8, 4, 4), (1, 1), (0, 0, 0, 0), 1, "none"),
    Sigmoid("sure", ("head",)),
    Flatten("flat", ("sure",)),
)
OUTPUTS = {
    "rows": ("space_rows", (128, 6)),
    "joined": ("all_rows", (320, 2)),
    "flag": ("flat", (5,)),
    "stacked": ("channel_rows", (64, 8)),
}


@pytest.fixture(scope="module")
def network():
    source = Source("made up", "none", "0", "CC0", "none")
    graph = Graph("all_operations", source, "image", (3, 16, 16), OUTPUTS, OPERATIONS)
    generator = np.random.default_rng(0)
    shapes = graph.weight_shapes()
    return graph, {key: generator.normal(0, 0.5, shape).astype(np.float16) for key, shape in shapes.items()}


@pytest.mark.parametrize("batch", [1, 3])
def test_onnx_equals_torch(network, batch):
    image = np.random.default_rng(1).normal(size=(batch, 3, 16, 16)).astype(np.float32)
    session = onnxruntime.InferenceSession(graph_to_onnx(*network).SerializeToString())
    found = dict(zip(OUTPUTS, session.run(list(OUTPUTS), {"image": image}), strict=True))
    expected = GraphModule(*network)(torch.from_numpy(image))
    for name, (_, shape) in OUTPUTS.items():
        assert found[name].shape == (batch, *shape)
        np.testing.assert_allclose(found[name], expected[name].numpy(), atol=1e-5)


def test_the_same_network_gives_the_same_bytes(network):
    first, second = (graph_to_onnx(*network).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def test_onnx_runtime_folds_the_casts_away(network, tmp_path):
    import onnx

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(graph_to_onnx(*network).SerializeToString(), options)
    kinds = {node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node}
    assert "Conv" in kinds
    assert "Cast" not in kinds
