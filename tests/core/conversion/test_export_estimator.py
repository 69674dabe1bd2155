import numpy as np
import onnxruntime
import pytest
import torch

from core.conversion.export_estimator import build_lifter_onnx, build_temporal_onnx
from core.errors import WeightsError
from core.models.landmark_lifter import EVIDENCE_SIZE, LandmarkLifter, LifterConfig
from core.models.open_weights import load_lifter, load_temporal, save_weights
from core.models.temporal_encoder import TemporalConfig, TemporalEstimator


def relative_difference(first, second):
    return np.abs(first - second).max() / np.abs(second).max()


def run_onnx(path, inputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def test_the_lifter_is_the_same_in_onnx_and_torch(tmp_path):
    torch.manual_seed(0)
    lifter = LandmarkLifter(LifterConfig(hidden_size=64, block_count=2))
    lifter.standardise_on(torch.randn(100, EVIDENCE_SIZE) + 1)
    save_weights(tmp_path / "l.safetensors", lifter.state_dict(), lifter.config, {})
    build_lifter_onnx(tmp_path / "l.onnx", tmp_path / "l.safetensors")
    evidence = np.random.default_rng(0).normal(size=(7, EVIDENCE_SIZE)).astype(np.float32)
    exported = run_onnx(tmp_path / "l.onnx", {"evidence": evidence})
    with torch.no_grad():
        expected = load_lifter(tmp_path / "l.safetensors")(torch.as_tensor(evidence))._asdict()
    assert exported.keys() == expected.keys()
    for name, values in expected.items():
        assert exported[name].shape == values.shape
        assert relative_difference(exported[name], values.numpy()) < 1e-4


@pytest.mark.parametrize(
    ("direction", "residual", "has_context"), [("uni", False, False), ("bi", True, False), ("bi", True, True)]
)
def test_the_temporal_network_is_the_same_in_onnx_and_torch(tmp_path, direction, residual, has_context):
    torch.manual_seed(1)
    network = TemporalEstimator(TemporalConfig(direction, residual, has_context=has_context))
    with torch.no_grad():
        network.encoder.projection_weight.uniform_(-0.1, 0.1)
        network.encoder.projection_bias.uniform_(-0.1, 0.1)
    save_weights(tmp_path / "t.safetensors", network.state_dict(), network.encoder.config, {})
    build_temporal_onnx(tmp_path / "t.onnx", tmp_path / "t.safetensors")
    twin = load_temporal(tmp_path / "t.safetensors")
    for shape in ((1, 1), (3, 9), (1, 40)):
        pose_features = torch.randn(*shape, 24, 128).relu()
        context = torch.randn(*shape, 24, 2)
        inputs = {"pose_features": pose_features.numpy(), "joint_context": context.numpy()}
        exported = run_onnx(tmp_path / "t.onnx", inputs)["rot6d"]
        with torch.no_grad():
            expected = twin(pose_features, context).rot6d.numpy()
        assert exported.shape == expected.shape
        assert relative_difference(exported, expected) < 1e-4
        changed = run_onnx(tmp_path / "t.onnx", {**inputs, "joint_context": 1 - context.numpy()})["rot6d"]
        assert np.array_equal(changed, exported) != has_context


def test_foreign_weights_are_refused(tmp_path):
    network = TemporalEstimator(TemporalConfig("uni"))
    save_weights(tmp_path / "t.safetensors", network.state_dict(), LifterConfig(), {})
    with pytest.raises(WeightsError, match="lack"):
        build_lifter_onnx(tmp_path / "l.onnx", tmp_path / "t.safetensors")
    with pytest.raises(WeightsError, match="missing"):
        build_lifter_onnx(tmp_path / "l.onnx", tmp_path / "nothing.safetensors")
