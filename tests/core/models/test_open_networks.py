"""The committed weights of the open estimator: they load in both engines, agree, and say how they were made."""

import numpy as np
import pytest

from core.contact_features import CONTACT_FEATURE_SIZE
from core.conversion.export_onnx import export_onnx
from core.decomposed_estimator import DecomposedEstimator
from core.evidence import Evidence
from core.models.engine import load_network
from core.models.open_weights import load_contacts, load_lifter, read_weights
from core.models.weights import weights_path
from core.rotations import rot6d_to_rotmat


@pytest.fixture(scope="module")
def onnx_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")
    export_onnx(folder, ["open_lifter", "open_temporal", "open_contacts"], lambda _: None)
    return folder


@pytest.fixture(scope="module")
def evidence():
    """Frames as the lifter knows them: its own mean and spread, drifting from frame to frame."""
    lifter = load_lifter()
    drift = np.cumsum(np.random.default_rng(0).normal(size=(30, 201)), axis=0) / 8
    values = (lifter.evidence_mean.numpy() + lifter.evidence_std.numpy() * drift).astype(np.float32)
    return Evidence(values, np.zeros((30, 2)), np.ones(30))


def estimator(engine, onnx_folder):
    networks = [load_network(name, engine=engine, onnx_folder=onnx_folder) for name in ("open_lifter", "open_temporal")]
    return DecomposedEstimator(*networks)


def test_both_engines_give_the_same_poses(onnx_folder, evidence):
    frame_ids = np.arange(30)
    torch_sequence, onnx_sequence = (
        estimator(engine, onnx_folder).estimate(evidence, frame_ids, 30.0) for engine in ("torch", "onnx")
    )
    for name in ("rot6d_per_frame", "rot6d", "betas", "weak_camera"):
        ours, theirs = getattr(torch_sequence, name), getattr(onnx_sequence, name)
        assert np.abs(ours - theirs).max() < 1e-4 * np.abs(ours).max()


def test_both_engines_give_the_same_contacts(onnx_folder):
    network = load_contacts()
    drift = np.cumsum(np.random.default_rng(1).normal(size=(2, 40, CONTACT_FEATURE_SIZE)), axis=1) / 8
    features = (network.features_mean.numpy() + network.features_std.numpy() * drift).astype(np.float32)
    logits = [
        load_network("open_contacts", engine=engine, onnx_folder=onnx_folder).run({"contact_features": features})
        for engine in ("torch", "onnx")
    ]
    assert logits[0]["logits"].shape == (2, 40, 2)
    assert np.abs(logits[0]["logits"] - logits[1]["logits"]).max() < 1e-3


def test_the_temporal_network_calms_the_poses_but_does_not_freeze_them(onnx_folder, evidence):
    sequence = estimator("onnx", onnx_folder).estimate(evidence, np.arange(30), 30.0)
    jitter, step = (
        [
            np.diff(rot6d_to_rotmat(r.astype(float)), n=order, axis=0).std()
            for r in (sequence.rot6d_per_frame, sequence.rot6d)
        ]
        for order in (2, 1)
    )
    assert jitter[1] < 0.7 * jitter[0]
    assert step[1] > 0.3 * step[0]


@pytest.mark.parametrize("name", ["open_lifter", "open_temporal", "open_contacts"])
def test_the_weights_say_how_they_were_made(name):
    tensors, header = read_weights(weights_path(name))
    assert header["command"].startswith("python -m core train")
    assert "mocap.cs.cmu.edu" in header["data_licence"] and header["seed"].isdigit()
    assert all(np.isfinite(values.numpy()).all() for values in tensors.values())
    assert weights_path(name).stat().st_size < 9e6
