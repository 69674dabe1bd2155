import numpy as np
import pytest
import torch

from core.backbones import (
    OPEN_LICENCE,
    RESEARCH_LICENCE,
    backbone_loaders,
    backbone_warnings,
    licence_of,
    make_estimator,
    tracker_loaders,
)
from core.crop_backbone import CropOutputs
from core.errors import BodyFileError
from core.models.torch_engine import TorchNetwork
from core.pare_backbone import PareEstimator
from core.pare_crops import SquareBoxes, crop_camera_to_transl
from core.rotations import rot6d_to_rotmat, rotmat_to_rotvec, rotvec_to_rotmat
from core.settings import EstimateSettings
from core.smpl_body import load_neutral_body
from core.track_motion import motion_of_track
from core.tracks import Track
from core.user_backbone import UserEstimator
from core.view import View
from tests.core.test_user_network import load, write_network
from tests.stand_in_smpl import write_smpl_files

FRAMES = 12
VIEW = View(900.0, (640, 480), 30.0)


def settings(tmp_path, **changes):
    return EstimateSettings(tmp_path / "clip.mp4", tmp_path / "o.npz", **changes)


@pytest.fixture(scope="module")
def smpl(tmp_path_factory):
    return write_smpl_files(tmp_path_factory.mktemp("smpl"))


@pytest.fixture
def track():
    rng = np.random.default_rng(0)
    world = rng.normal(0, 0.5, (FRAMES, 33, 3))
    return Track(
        np.arange(FRAMES), np.arange(FRAMES) / 30, np.tile([100.0, 100, 300, 400], (FRAMES, 1)),
        rng.uniform(100, 400, (FRAMES, 33, 2)), world - world[:, 23:25].mean(axis=1, keepdims=True),
        np.ones((FRAMES, 33)), np.ones(FRAMES),
    )  # fmt: skip


@pytest.fixture
def boxes():
    return SquareBoxes(np.tile([200.0, 250.0], (FRAMES, 1)), np.full(FRAMES, 360.0))


@pytest.fixture
def pare_outputs(boxes):
    rng = np.random.default_rng(3)
    outputs = {
        "pose_features": rng.random((FRAMES, 24, 128)), "rot6d": rng.normal(0, 1, (FRAMES, 24, 6)),
        "weak_camera": np.abs(rng.normal(0.9, 0.1, (FRAMES, 3))), "betas": rng.normal(0, 1, (FRAMES, 10)),
    }  # fmt: skip
    return CropOutputs(boxes, {name: values.astype(np.float32) for name, values in outputs.items()})


def test_without_temporal_weights_the_motion_is_pare_exactly(smpl, track, boxes, pare_outputs):
    body = load_neutral_body(smpl)
    estimator = PareEstimator(network=None, temporal=None, body=body)
    poses = estimator.estimate(track, pare_outputs, VIEW, "track")
    motion = motion_of_track(track, poses, VIEW, body, {})
    own = rotmat_to_rotvec(rot6d_to_rotmat(pare_outputs.outputs["rot6d"].astype(np.float64))).reshape(FRAMES, 72)
    np.testing.assert_allclose(motion.poses, own, atol=1e-6)
    np.testing.assert_allclose(motion.poses_per_frame, own, atol=2e-6)
    transl = crop_camera_to_transl(pare_outputs.outputs["weak_camera"], boxes, 900.0, (640, 480))
    np.testing.assert_allclose(motion.trans, transl, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(motion.betas, np.median(pare_outputs.outputs["betas"], axis=0))
    assert (motion.body, motion.gender) == ("smpl", "neutral")


def test_with_temporal_weights_the_motion_is_smoothed(smpl, track, pare_outputs):
    from core.models.pare_temporal import PareTemporalEstimator

    torch.manual_seed(0)
    temporal = TorchNetwork("pare_temporal", PareTemporalEstimator().eval(), "cpu", "")
    poses = PareEstimator(None, temporal, load_neutral_body(smpl)).estimate(track, pare_outputs, VIEW, 8)
    assert poses.wants_smoothing
    assert not np.allclose(poses.rot6d, pare_outputs.outputs["rot6d"])
    assert np.array_equal(poses.rot6d_per_frame, pare_outputs.outputs["rot6d"])


class FakeOpenEstimator:
    """Says what a lifter might, whatever it sees."""

    def estimate(self, evidence, frame_ids, frame_rate_hz, window):
        from core.decomposed_estimator import PoseSequence

        identity = np.tile(np.array([1, 0, 0, 1, 0, 0], np.float32), (FRAMES, 24, 1))
        return PoseSequence(identity, identity, np.full((FRAMES, 10), 0.5, "f4"), np.ones((FRAMES, 3), "f4"))


ROTATIONS = '[input]\nside = 16\n[rotations]\noutput = "pose"\nformat = "rotmat"\n'


@pytest.fixture
def user_network(tmp_path):
    rotvec = np.random.default_rng(1).normal(0, 0.4, (24, 3)).astype(np.float32)
    outputs = {"pose": rotvec_to_rotmat(rotvec), "shape": np.arange(10.0), "cam": [0.9, 0.1, -0.2]}
    write_network(tmp_path / "net.onnx", outputs)
    return load(tmp_path, ROTATIONS + 'betas = "shape"\nweak_camera = "cam"\n'), rotvec


def crop_outputs_of(network, boxes):
    return CropOutputs(boxes, network.run_crops(np.zeros((FRAMES, 16, 16, 3), np.uint8)))


def test_a_users_network_keeps_its_rotations_on_the_open_body(user_network, track, boxes):
    network, rotvec = user_network
    estimator = UserEstimator(network, FakeOpenEstimator(), None)
    poses = estimator.estimate(track, crop_outputs_of(network, boxes), VIEW, "track")
    motion = motion_of_track(track, poses, VIEW, estimator.body, {})
    np.testing.assert_allclose(motion.poses[5].reshape(24, 3), rotvec, atol=1e-4)
    assert motion.body == "open"
    np.testing.assert_allclose(motion.betas, 0.5)


def test_a_users_network_has_its_own_shape_and_camera_on_an_smpl_body(user_network, smpl, track, boxes):
    network, _ = user_network
    estimator = UserEstimator(network, FakeOpenEstimator(), smpl)
    poses = estimator.estimate(track, crop_outputs_of(network, boxes), VIEW, "track")
    motion = motion_of_track(track, poses, VIEW, estimator.body, {})
    assert motion.body == "smpl"
    np.testing.assert_allclose(motion.betas, np.arange(10.0))
    camera = np.tile(np.array([0.9, 0.1, -0.2]), (FRAMES, 1))
    np.testing.assert_allclose(motion.trans, crop_camera_to_transl(camera, boxes, 900.0, (640, 480)), atol=1e-5)


def test_a_network_without_shape_stays_on_the_open_body_and_says_so(tmp_path, smpl):
    write_network(tmp_path / "net.onnx", {"pose": np.tile(np.eye(3), (24, 1, 1))})
    network = load(tmp_path, ROTATIONS)
    assert UserEstimator(network, FakeOpenEstimator(), smpl).body.body_file.name == "open"
    chosen = settings(tmp_path, backbone="onnx", network=tmp_path, smpl=smpl)
    (warning,) = backbone_warnings(chosen, {"network": network})
    assert warning.code == "smpl_not_used"


def test_each_backbone_names_the_networks_it_needs(tmp_path):
    detectors = ["blazepose_detector", "nanodet_detector"]
    assert list(tracker_loaders(settings(tmp_path))) == ["blazepose_heavy", *detectors]
    assert list(tracker_loaders(settings(tmp_path, detector="blazepose"))) == ["blazepose_heavy", detectors[0]]
    assert list(tracker_loaders(settings(tmp_path, detector="nanodet"))) == ["blazepose_heavy", detectors[1]]
    assert list(tracker_loaders(settings(tmp_path, detector_weights=tmp_path))) == ["blazepose_heavy"]
    assert list(backbone_loaders(settings(tmp_path))) == [
        "open_lifter", "open_temporal", "open_contacts",
    ]  # fmt: skip
    assert list(backbone_loaders(settings(tmp_path, backbone="pare"))) == ["pare"]
    assert list(backbone_loaders(settings(tmp_path, backbone="pare", temporal_weights=tmp_path))) == [
        "pare", "pare_temporal",
    ]  # fmt: skip
    assert list(backbone_loaders(settings(tmp_path, backbone="onnx", network=tmp_path))) == [
        "network", "open_lifter", "open_temporal",
    ]  # fmt: skip


def test_pare_without_temporal_weights_says_so(tmp_path):
    (warning,) = backbone_warnings(settings(tmp_path, backbone="pare"), {})
    assert warning.code == "no_temporal_weights"
    assert "PARE's own" in warning.message
    assert backbone_warnings(settings(tmp_path, backbone="pare", temporal_weights=tmp_path), {}) == []
    assert backbone_warnings(settings(tmp_path), {}) == []


def test_the_motion_file_repeats_the_terms(user_network):
    network, _ = user_network
    assert licence_of("onnx", {"network": network}) == "MIT"
    assert licence_of("pare", {}) == RESEARCH_LICENCE
    assert licence_of("blazepose", {}) == OPEN_LICENCE


def test_a_body_of_another_gender_is_refused(tmp_path):
    path = write_smpl_files(tmp_path, "SMPL_MALE.npz")
    with pytest.raises(BodyFileError, match=r"male SMPL body.*SMPL_NEUTRAL"):
        make_estimator(settings(tmp_path, backbone="pare", smpl=path), {"pare": None})
