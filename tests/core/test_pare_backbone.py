import numpy as np
import pytest
import torch

from core.crop_backbone import CropOutputs
from core.errors import WeightsError
from core.models.pare_temporal import PareTemporalEstimator
from core.models.torch_engine import TorchNetwork
from core.pare_backbone import (
    CHECKPOINT_VARIABLE,
    TRACK_OUTPUTS,
    PareCrops,
    estimate_poses,
    find_checkpoint,
    load_pare_network,
)
from core.pare_crops import SquareBoxes

RATE_HZ = 30.0


def untrained_temporal(pare):
    estimator = PareTemporalEstimator()
    estimator.start_from(pare)
    return TorchNetwork("pare_temporal", estimator.eval(), "cpu", "")


def pare_outputs(pare, frame_count):
    features = torch.rand(frame_count, 24, 128, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        weak_camera, betas = pare.head.camera_shape(pare.head.camera_shape_features(features))
        outputs = {"rot6d": pare.head.pose_mlp(features), "weak_camera": weak_camera, "betas": betas}
    outputs = {name: values.numpy() for name, values in outputs.items()}
    boxes = SquareBoxes(np.zeros((frame_count, 2)), np.ones(frame_count))
    return CropOutputs(boxes, {"pose_features": features.numpy(), **outputs})


@pytest.mark.parametrize("window", ["track", 16])
def test_untrained_temporal_weights_leave_pares_result(seeded_pare, window):
    outputs = pare_outputs(seeded_pare, 40)
    frame_ids = np.concatenate([np.arange(20), np.arange(23, 43)])
    sequence = estimate_poses(outputs, untrained_temporal(seeded_pare), frame_ids, RATE_HZ, window)
    for name in ("rot6d", "weak_camera", "betas"):
        np.testing.assert_allclose(getattr(sequence, name), outputs.outputs[name], rtol=1e-4, atol=1e-5)


def test_without_temporal_weights_the_result_is_pares_own(seeded_pare):
    outputs = pare_outputs(seeded_pare, 9)
    sequence = estimate_poses(outputs, None, np.arange(9), RATE_HZ)
    for name in ("rot6d", "weak_camera", "betas"):
        assert np.array_equal(getattr(sequence, name), outputs.outputs[name])


def test_trained_camera_and_shape_layers_take_the_place_of_pares(seeded_pare):
    temporal, outputs = untrained_temporal(seeded_pare), pare_outputs(seeded_pare, 5)
    with torch.no_grad():
        temporal.module.shape.bias += 1
    sequence = estimate_poses(outputs, temporal, np.arange(5), RATE_HZ)
    np.testing.assert_allclose(sequence.betas, outputs.outputs["betas"] + 1, rtol=1e-4, atol=1e-5)


def test_a_checkpoint_is_taken_from_the_option_then_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv(CHECKPOINT_VARIABLE, raising=False)
    with pytest.raises(WeightsError, match="--checkpoint"):
        find_checkpoint(None)
    monkeypatch.setenv(CHECKPOINT_VARIABLE, str(tmp_path / "a.ckpt"))
    assert find_checkpoint(None) == tmp_path / "a.ckpt"
    assert find_checkpoint(tmp_path / "b.ckpt") == tmp_path / "b.ckpt"


def test_the_network_runs_behind_the_engine_interface(pare_checkpoint, pare_reference):
    from core.pare_crops import normalise_crops
    from tests.seeded_weights import relative_error, seeded_crops

    network = load_pare_network(pare_checkpoint, "cpu", threads=1)
    assert (network.name, network.engine, network.device, len(network.weights_sha256)) == ("pare", "torch", "cpu", 64)
    outputs = network.run({"image": normalise_crops(seeded_crops())})
    assert relative_error(outputs["rot6d"], pare_reference["rot6d"]) < 1e-4
    for name, values in PareCrops(network).run_crops(seeded_crops()).items():
        assert name in TRACK_OUTPUTS
        assert relative_error(values, pare_reference[name]) < 1e-4
