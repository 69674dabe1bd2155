"""BlazePose through both engines against the original TFLite networks on photo crops."""

import numpy as np
import pytest

from core.models.engine import load_network

LANDMARK_NETWORKS = ("blazepose_full", "blazepose_heavy")
NETWORKS = ("blazepose_detector", *LANDMARK_NETWORKS)


def network_input(name: str, crops: np.ndarray) -> np.ndarray:
    image = crops.astype(np.float32).transpose(0, 3, 1, 2) / 255
    return image[:, :, 16:-16, 16:-16] * 2 - 1 if name == "blazepose_detector" else image


@pytest.fixture(scope="module", params=["torch", "onnx"])
def networks(request, onnx_folder):
    pytest.importorskip("torch" if request.param == "torch" else "onnxruntime")
    return {name: load_network(name, request.param, onnx_folder=onnx_folder) for name in NETWORKS}


@pytest.fixture(scope="module")
def outputs(networks, photo_crops):
    """Each crop on its own, stacked."""
    results = {}
    for name in NETWORKS:
        singles = [networks[name].run({"image": image[None]}) for image in network_input(name, photo_crops)]
        results[name] = {key: np.concatenate([single[key] for single in singles]) for key in singles[0]}
    return results


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_landmarks_equal_the_original_within_a_hundredth_of_a_pixel(outputs, reference, name):
    difference = np.abs(outputs[name]["landmarks"] - reference[f"{name}.landmarks"])
    assert difference[..., :3].max() < 0.01
    assert difference[..., 3:].max() < 0.01


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_world_landmarks_equal_the_original_within_a_hundredth_of_a_millimetre(outputs, reference, name):
    assert np.abs(outputs[name]["world_landmarks"] - reference[f"{name}.world_landmarks"]).max() < 1e-5


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_presence_and_heatmap_equal_the_original(outputs, reference, name):
    assert np.abs(outputs[name]["presence"] - reference[f"{name}.presence"]).max() < 1e-4
    heatmap = outputs[name]["heatmap"][:, :, ::16, ::16]
    assert np.abs(heatmap - reference[f"{name}.heatmap"]).max() < 1e-4 * np.abs(reference[f"{name}.heatmap"]).max()


def test_detector_equals_the_original(outputs, reference):
    scores = reference["blazepose_detector.scores"]
    assert np.abs(outputs["blazepose_detector"]["scores"] - scores).max() < 1e-4 * np.abs(scores).max()
    anchors = reference["blazepose_detector.top_anchors"]
    boxes = np.take_along_axis(outputs["blazepose_detector"]["boxes"], anchors[..., None], axis=1)
    assert np.abs(boxes - reference["blazepose_detector.top_boxes"]).max() < 0.01


def test_the_reference_shows_people(reference):
    assert (reference["blazepose_heavy.presence"] > 0.9).all()
    assert (reference["blazepose_detector.scores"].max(axis=(1, 2)) > 1.0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_of_three_equals_three_singles(networks, outputs, photo_crops, name):
    batch = networks[name].run({"image": network_input(name, photo_crops)})
    assert batch.keys() == outputs[name].keys()
    for key, values in batch.items():
        assert values.dtype == np.float32
        assert np.abs(values - outputs[name][key]).max() < 1e-4 * max(1.0, np.abs(values).max()), key


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_equals_torch(onnx_folder, photo_crops, name):
    pytest.importorskip("torch")
    pytest.importorskip("onnxruntime")
    images = {"image": network_input(name, photo_crops)}
    onnx = load_network(name, "onnx", onnx_folder=onnx_folder)
    torch = load_network(name, "torch")
    assert onnx.weights_sha256 == torch.weights_sha256
    ours, theirs = onnx.run(images), torch.run(images)
    assert ours.keys() == theirs.keys()
    for key, values in theirs.items():
        limit = {"landmarks": 0.01, "world_landmarks": 1e-5}.get(key, 1e-4 * np.abs(values).max())
        assert np.abs(ours[key] - values).max() < limit, key
