import numpy as np
import pytest

pytest.importorskip("tflite")

from core.conversion.tflite_reader import TfliteGraph, TfliteOperator, TfliteTensor, read_tflite
from core.conversion.tflite_to_graph import (
    OutputRequest,
    convert_operations,
    needed_operators,
    same_padding,
)
from core.errors import WeightsError

SAME_CONVOLUTION = {"stride": (2, 2), "same_padding": True, "activation": "relu6"}


def small_graph(weight: np.ndarray) -> TfliteGraph:
    """An image, a convolution with stride 2, a sum that is wanted, and a sigmoid that is not."""
    tensors = [
        TfliteTensor("image", (1, 8, 8, 3)),
        TfliteTensor("kernel", weight.shape),
        TfliteTensor("bias", (4,)),
        TfliteTensor("features", (1, 4, 4, 4)),
        TfliteTensor("sum", (1, 4, 4, 4)),
        TfliteTensor("mask", (1, 4, 4, 4)),
    ]
    operators = (
        TfliteOperator("CONV_2D", (0, 1, 2), 3, SAME_CONVOLUTION),
        TfliteOperator("LOGISTIC", (3,), 5),
        TfliteOperator("ADD", (3, 3), 4, {"activation": "none"}),
    )
    constants = {1: weight, 2: np.zeros(4, np.float16)}
    return TfliteGraph(tuple(tensors), constants, operators, (0,), (4, 5))


def test_operations_that_no_wanted_output_needs_are_dropped():
    graph = small_graph(np.ones((4, 3, 3, 3), np.float16))
    assert [operator.kind for operator in needed_operators(graph, {4})] == ["CONV_2D", "ADD"]


def test_kernels_are_turned_and_same_padding_is_made_plain():
    weight = np.arange(4 * 3 * 3 * 3, dtype=np.float16).reshape(4, 3, 3, 3)
    request = OutputRequest("total", "sum", (4, 4, 4))
    operations, outputs, weights = convert_operations(small_graph(weight), (request,))
    assert [operation.output for operation in operations] == ["conv_3", "add_4"]
    assert outputs == {"total": ("add_4", (4, 4, 4))}
    assert operations[0].padding == (0, 0, 1, 1)
    assert np.array_equal(weights["conv_3.weight"][2, 1], weight[2, :, :, 1])


def test_weights_that_lose_digits_in_half_precision_are_refused():
    weight = np.full((4, 3, 3, 3), 0.1, np.float32)
    with pytest.raises(WeightsError, match="kernel does not fit half precision"):
        convert_operations(small_graph(weight), (OutputRequest("total", "sum", (4, 4, 4)),))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [7, 8])
def test_same_padding_gives_the_size_over_the_stride_rounded_up(size, kernel, stride):
    top, left, bottom, right = same_padding((size, size), (kernel, kernel), (stride, stride))
    assert (top, bottom) == (left, right)
    assert 0 <= bottom - top <= 1
    padded = size + top + bottom
    # A kernel smaller than its stride needs no padding, and leaves pixels at the end unread.
    assert (padded - kernel) // stride + 1 == -(-size // stride)


def test_other_bytes_are_not_taken_for_a_model():
    with pytest.raises(WeightsError, match="not a TFLite model"):
        read_tflite(b"something else")
