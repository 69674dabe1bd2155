"""The conversion of NanoDet: a small model of the same kind against a slow twin, and packages that are not the one."""

import base64
import tarfile

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from core.conversion.convert_nanodet import convert_nanodet, read_constants  # noqa: E402
from core.conversion.tfjs_to_graph import TfjsConverter  # noqa: E402
from core.errors import OutputError, WeightsError  # noqa: E402
from core.models.graph import Graph, Rows, Source  # noqa: E402
from core.models.torch_graph import GraphModule  # noqa: E402

SIDE = 8
VALID = {"s": base64.b64encode(b"VALID").decode()}
PADS = np.array([[0, 0], [0, 0], [1, 1], [1, 1]], np.int32)


def node(kind, name, *inputs, **attributes):
    return {"op": kind, "name": name, "input": list(inputs), "attr": attributes}


def window(height, width):
    return {"list": {"i": ["1", str(height), str(width), "1"]}}


NODES = [
    node("Placeholder", "input"),
    node("Pad", "pad", "input", "pads"),
    node("Transpose", "last", "pad", "perm"),
    node("Conv2D", "conv", "last", "kernel", strides=window(2, 2), padding=VALID),
    node("Add", "biased", "conv", "bias"),
    node("Transpose", "first", "biased", "perm"),
    node("LeakyRelu", "active", "first", alpha={"f": 0.1}),
    node("PadV2", "pool_pad", "active", "pads", "lowest"),
    node("MaxPool", "pool", "pool_pad", ksize=window(3, 3), strides=window(2, 2), padding=VALID),
    node("ResizeBilinear", "half", "active", "small", half_pixel_centers={"b": True}),
    node("ConcatV2", "both", "pool", "half", "axis"),
    node("SplitV", "ends", "both", "parts", "axis"),
    node("Sigmoid", "score", "ends"),
]


def constants():
    rng = np.random.default_rng(4)
    return {
        "pads": PADS,
        "kernel": rng.normal(0, 1, (3, 3, 3, 5)).astype(np.float16),
        "bias": rng.normal(0, 1, 5).astype(np.float16),
        "small": np.array([2, 2], np.int32),
    }


def read(nodes=NODES):
    converter = TfjsConverter(constants(), SIDE)
    converter.read(nodes)
    return converter


def slow_twin(image):
    """The same by loops over channels last, as TensorFlow has it: (C, H, W) in, (10, 2, 2) out."""
    values = constants()
    padded = np.pad(image.transpose(1, 2, 0), ((1, 1), (1, 1), (0, 0)))
    kernel, result = values["kernel"].astype(float), np.empty((4, 4, 5))
    for row in range(4):
        for column in range(4):
            part = padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            result[row, column] = np.tensordot(part, kernel, axes=3) + values["bias"].astype(float)
    result = np.where(result < 0, 0.1 * result, result)
    framed = np.pad(result, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    pool, half = np.empty((2, 2, 5)), np.empty((2, 2, 5))
    for row in range(2):
        for column in range(2):
            pool[row, column] = framed[2 * row : 2 * row + 3, 2 * column : 2 * column + 3].max(axis=(0, 1))
            half[row, column] = result[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].mean(axis=(0, 1))
    return np.concatenate([pool, half], axis=2)


def test_a_converted_model_computes_what_the_file_says():
    converter = read()
    (head,) = converter.heads
    assert (head.channels, head.side) == (10, 2)
    rows = Rows("rows", (head.name,), 4, 10)
    graph = Graph(
        *("small", Source("made up", "none", "0", "CC0", "none"), "image", (3, SIDE, SIDE)),
        {"rows": ("rows", (4, 10))},
        (*converter.operations.values(), rows),
    )
    image = np.random.default_rng(5).normal(0, 1, (3, SIDE, SIDE)).astype(np.float32)
    with torch.inference_mode():
        found = GraphModule(graph, converter.weights)(torch.from_numpy(image[None]))["rows"][0].numpy()
    assert np.abs(found - slow_twin(image).reshape(4, 10)).max() < 1e-4


@pytest.mark.parametrize(
    "stranger",
    [
        node("Softmax", "x", "input"),
        node("LeakyRelu", "x", "biased", alpha={"f": 0.3}),
        node("ResizeBilinear", "x", "active", "small", half_pixel_centers={"b": False}),
    ],
)
def test_what_is_not_known_is_said(stranger):
    with pytest.raises(WeightsError, match="not known here"):
        read([*NODES, stranger])


def test_weights_longer_than_described_are_said():
    weights = [{"name": "a", "shape": [2], "dtype": "float32", "quantization": {"dtype": "float16"}}]
    description = {"weightsManifest": [{"weights": weights}]}
    values = np.array([1.5, -2], np.float16).tobytes()
    assert read_constants(description, values)["a"].tolist() == [1.5, -2]
    with pytest.raises(WeightsError, match="longer than its description"):
        read_constants(description, values + b"\0")


def test_a_package_without_the_file_or_with_another_one_is_said(tmp_path):
    (tmp_path / "models").mkdir()
    with pytest.raises(WeightsError, match=r"holds no models/nanodet\.json"):
        convert_nanodet(tmp_path, tmp_path)
    (tmp_path / "models" / "nanodet.json").write_text("{}")
    with pytest.raises(WeightsError, match="is expected"):
        convert_nanodet(tmp_path, tmp_path)
    archive = tmp_path / "package.tgz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "models" / "nanodet.json", "package/models/nanodet.json")
    with pytest.raises(WeightsError, match="is expected"):
        convert_nanodet(archive, tmp_path)
    with pytest.raises(OutputError, match="does not exist"):
        convert_nanodet(archive, tmp_path / "none")
