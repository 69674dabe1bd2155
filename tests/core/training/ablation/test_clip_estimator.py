from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.encoders import EncoderConfig
from core.training.ablation.clip_estimator import ClipEstimator, clip_losses, estimate_landmarks
from core.training.torch_rotations import rot6d_to_rotmat


@pytest.fixture
def batch(materials):
    return materials.windows.batch(np.arange(4))


@pytest.mark.parametrize("kind", ["none", "holistic", "decomposed"])
def test_untrained_with_a_residual_it_is_the_lifter(materials, batch, kind):
    network = ClipEstimator(EncoderConfig(kind, residual=True, hidden_size=4), materials.lifter)
    output = network(batch.pose_features)
    camera, betas = materials.lifter.camera_shape(batch.pose_features)
    assert torch.equal(output.rotmat, rot6d_to_rotmat(materials.lifter.heads(batch.pose_features)))
    assert torch.equal(output.weak_camera, camera) and torch.equal(output.betas, betas)


def test_camera_and_shape_do_not_pass_through_the_encoder(materials, batch):
    networks = [ClipEstimator(EncoderConfig(kind, hidden_size=4), materials.lifter) for kind in ("none", "decomposed")]
    outputs = [network(batch.pose_features) for network in networks]
    assert torch.equal(outputs[0].weak_camera, outputs[1].weak_camera)
    assert not torch.allclose(outputs[0].rotmat, outputs[1].rotmat)


def test_what_learns_is_what_the_paper_says(materials):
    network = ClipEstimator(EncoderConfig(hidden_size=4), materials.lifter)
    learning = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert "heads.weight" in learning and "camera_shape.camera.weight" in learning
    assert not any(name.startswith("camera_shape.reduce") for name in learning)
    assert not any(parameter.requires_grad for parameter in materials.lifter.parameters())


def test_the_truth_costs_next_to_nothing(materials, batch):
    network = ClipEstimator(EncoderConfig("none"), materials.lifter)
    output = network(batch.pose_features)
    truth = output._replace(rotmat=batch.rotmat, betas=batch.betas)
    losses = clip_losses(truth, batch, materials.body, "rms")
    assert losses["pose"] == losses["betas"] == 0
    # Without an encoder only the floor under the root is left.
    assert losses["feature_regularisation"] < 1e-4
    assert losses["keypoint3d"] < clip_losses(output, batch, materials.body, "rms")["keypoint3d"]


def test_betas_that_cannot_be_seen_do_not_count(materials, batch):
    output = ClipEstimator(EncoderConfig("none"), materials.lifter)(batch.pose_features)
    other = replace(batch, betas=batch.betas + torch.tensor([0.0] * 3 + [5.0] * 7))
    losses = [clip_losses(output, given, materials.body, "rms")["betas"] for given in (batch, other)]
    assert losses[0] == losses[1]


def test_windows_start_from_the_zero_state(materials):
    features = torch.rand(2, 32, 24, 128)
    network = ClipEstimator(EncoderConfig(hidden_size=4), materials.lifter).eval()
    track, cut = (estimate_landmarks(network, features, materials.body, window) for window in (None, 16))
    assert torch.allclose(track[:, :16], cut[:, :16], atol=1e-5)
    assert not torch.allclose(track[:, 16:], cut[:, 16:], atol=1e-3)
    second = estimate_landmarks(network, features[:, 16:], materials.body, None)
    assert torch.allclose(cut[:, 16:], second, atol=1e-5)
