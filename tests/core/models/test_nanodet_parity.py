"""NanoDet through both engines against the original TensorFlow.js network on photo crops."""

from pathlib import Path

import numpy as np
import pytest

from core.models.engine import load_network
from core.nanodet_detector import DEVIATION_BGR, INPUT_SIDE, MEAN_BGR

PARITY = Path(__file__).parents[2] / "data" / "nanodet_parity.npz"


@pytest.fixture(scope="module", params=["torch", "onnx"])
def rows(request, onnx_folder, photo_crops):
    pytest.importorskip("torch" if request.param == "torch" else "onnxruntime")
    canvas = np.zeros((3, INPUT_SIDE, INPUT_SIDE, 3), np.float32)
    canvas[:, :256, :256] = photo_crops[..., ::-1]
    images = ((canvas - MEAN_BGR) / DEVIATION_BGR).transpose(0, 3, 1, 2)
    network = load_network("nanodet_detector", request.param, onnx_folder=onnx_folder)
    return network.run({"image": np.ascontiguousarray(images)})["boxes"]


def test_scores_and_distances_equal_the_original(rows):
    with np.load(PARITY) as reference:
        scores = 1 / (1 + np.exp(-rows[..., 0].astype(np.float64)))
        assert np.abs(scores - reference["scores"]).max() < 1e-4
        assert (reference["scores"].max(axis=1) > 0.5).any()
        top = np.take_along_axis(rows[..., 1:], reference["top"][..., None].astype(np.int64), axis=1)
        assert np.abs(top - reference["distances"]).max() < 1e-3
