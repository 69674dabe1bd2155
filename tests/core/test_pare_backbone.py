import numpy as np
import pytest
import torch

from core.errors import CancelledError, WeightsError
from core.models.pare_temporal import PareTemporalEstimator
from core.models.torch_engine import TorchNetwork
from core.pare_backbone import (
    CHECKPOINT_VARIABLE,
    CROPS_PER_CALL,
    CropOutputs,
    estimate_poses,
    find_checkpoint,
    load_pare_network,
    run_on_tracks,
)
from core.pare_crops import SquareBoxes
from core.tracks import Track
from core.video import Frame

RATE_HZ = 30.0


class MeanColour:
    """A network that tells the mean of the crop's red channel (as normalised) in all its outputs."""

    name, engine, device, weights_sha256 = "pare", "torch", "cpu", ""

    def __init__(self):
        self.batch_sizes = []

    def run(self, inputs):
        image = inputs["image"]
        self.batch_sizes.append(len(image))
        red = image[:, 0].mean(axis=(1, 2)) * 0.229 + 0.485
        shapes = {"pose_features": (24, 128), "rot6d": (24, 6), "weak_camera": (3,), "betas": (10,)}
        return {
            name: np.broadcast_to(red.reshape(-1, *[1] * len(shape)), (len(red), *shape))
            for name, shape in shapes.items()
        }


def frames(count):
    """Frame i is grey of level i on the left half, 100 + i on the right half."""
    for index in range(count):
        image = np.full((200, 400, 3), index, np.uint8)
        image[:, 200:] += 100
        yield Frame(index, index / RATE_HZ, image)


def track(frame_ids, left):
    count = len(frame_ids)
    box = [80.0, 80.0, 120.0, 120.0] if left else [280.0, 80.0, 320.0, 120.0]
    return Track(
        np.asarray(frame_ids), np.asarray(frame_ids) / RATE_HZ, np.tile(box, (count, 1)), np.zeros((count, 33, 2)),
        np.zeros((count, 33, 3)), np.ones((count, 33)), np.ones(count),
    )  # fmt: skip


def test_every_row_of_every_track_gets_its_own_crop():
    tracks = [track([0, 1, 2, 5, 6, 19], left=True), track(range(3, 20), left=False)]
    network = MeanColour()
    left, right = run_on_tracks(network, frames(20), tracks, RATE_HZ)
    np.testing.assert_allclose(left.outputs["betas"][:, 0] * 255, tracks[0].frame_ids, atol=1e-2)
    np.testing.assert_allclose(right.outputs["weak_camera"][:, 1] * 255, tracks[1].frame_ids + 100, atol=1e-2)
    assert left.outputs["pose_features"].shape == (6, 24, 128)
    assert max(network.batch_sizes) == CROPS_PER_CALL
    assert sum(network.batch_sizes) == 23


def test_cancelling_ends_the_pass():
    def cancel(done):
        if done == 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        run_on_tracks(MeanColour(), frames(20), [track(range(20), left=True)], RATE_HZ, cancel)


def test_without_temporal_weights_the_poses_are_the_backbones():
    people = [track([0, 1, 2, 5, 6, 19], left=True)]
    (outputs,) = run_on_tracks(MeanColour(), frames(20), people, RATE_HZ)
    sequence = estimate_poses(outputs, None, people[0].frame_ids, RATE_HZ)
    assert np.array_equal(sequence.rot6d, outputs.outputs["rot6d"])
    assert np.array_equal(sequence.rot6d, sequence.rot6d_per_frame)


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
