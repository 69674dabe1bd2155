import numpy as np
import pytest
import torch

from core.crop_backbone import CropOutputs
from core.errors import BodyFileError, WeightsError
from core.models.pare_temporal import PareTemporalEstimator
from core.models.torch_engine import TorchNetwork
from core.pare_backbone import (
    CHECKPOINT_VARIABLE,
    TRACK_OUTPUTS,
    PareCrops,
    estimate_poses,
    find_checkpoint,
    load_pare_network,
    load_smpl_body,
)
from core.pare_crops import SquareBoxes
from core.skeleton import PARENTS

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


def smpl_arrays():
    """Random arrays in SMPL's shapes, by the names of the checkpoint."""
    generator = np.random.default_rng(6)
    weights = generator.random((6890, 24), np.float32)
    arrays = {
        "v_template": generator.normal(0, 1, (6890, 3)), "shapedirs": generator.normal(0, 1, (6890, 3, 10)),
        "J_regressor": generator.random((24, 6890)) / 3445, "lbs_weights": weights / weights.sum(axis=1, keepdims=True),
        "faces_tensor": generator.integers(0, 6890, (13776, 3)), "parents": np.array(PARENTS),
    }  # fmt: skip
    types = {"f": np.float32, "i": np.int64}
    return {name: torch.from_numpy(values.astype(types[values.dtype.kind])) for name, values in arrays.items()}


def test_the_body_may_come_from_the_checkpoint(tmp_path):
    arrays = smpl_arrays()
    state = {f"model.smpl.smpl.{name}": values for name, values in arrays.items()}
    torch.save({"state_dict": {"smpl.v_template": torch.zeros(1), **state}}, tmp_path / "pare.ckpt")
    body = load_smpl_body(None, tmp_path / "pare.ckpt")
    assert (body.body_file.name, body.body_file.gender) == ("smpl", "neutral")
    np.testing.assert_allclose(
        body.rest_joints(np.zeros(10)), (arrays["J_regressor"] @ arrays["v_template"]).numpy(), atol=1e-5
    )


def test_a_checkpoint_without_a_body_asks_for_the_file(pare_checkpoint, tmp_path):
    with pytest.raises(BodyFileError, match="--smpl"):
        load_smpl_body(None, pare_checkpoint)
    state = {f"smpl.smpl.{name}": values for name, values in smpl_arrays().items() if name != "lbs_weights"}
    torch.save(state, tmp_path / "pare.pth")
    with pytest.raises(BodyFileError, match="lacks lbs_weights"):
        load_smpl_body(None, tmp_path / "pare.pth")
    with pytest.raises(BodyFileError, match="does not exist"):
        load_smpl_body(tmp_path / "SMPL_NEUTRAL.pkl", pare_checkpoint)
