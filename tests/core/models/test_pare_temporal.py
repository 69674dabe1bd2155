import pytest
import torch

from core.models.encoders import ENCODER_KINDS, EncoderConfig
from core.models.pare_temporal import PareTemporalEstimator

ALL = [
    EncoderConfig(kind, direction, residual, hidden_size=16)
    for kind in ENCODER_KINDS
    for direction in ("uni", "bi")
    for residual in (True, False)
]


@pytest.fixture
def features():
    return torch.rand(2, 9, 24, 128, generator=torch.Generator().manual_seed(3))


def started(config, pare):
    torch.manual_seed(5)
    network = PareTemporalEstimator(config)
    network.start_from(pare)
    return network.eval()


@pytest.mark.parametrize("config", [config for config in ALL if config.residual or config.kind == "none"])
@torch.inference_mode()
def test_untrained_it_is_pare(seeded_pare, features, config):
    output = started(config, seeded_pare)(features)
    head = seeded_pare.head
    weak_camera, betas = head.camera_shape(head.camera_shape_features(features))
    assert torch.equal(output.encoded_features, features)
    torch.testing.assert_close(output.rot6d, head.pose_mlp(features), rtol=1e-5, atol=1e-6)
    assert torch.equal(output.weak_camera, weak_camera)
    assert torch.equal(output.betas, betas)


@torch.inference_mode()
def test_decomposed_joints_do_not_see_each_other(seeded_pare, features):
    network = started(EncoderConfig(), seeded_pare)
    changed = features.clone()
    changed[:, :, 7] += 1
    difference = (network(features).rot6d - network(changed).rot6d).abs().amax(dim=(0, 1, 3))
    assert difference[7] > 1e-3
    assert difference[torch.arange(24) != 7].max() < 1e-5


@torch.inference_mode()
def test_holistic_joints_do(seeded_pare, features):
    network = started(EncoderConfig("holistic"), seeded_pare)
    changed = features.clone()
    changed[:, :, 7] += 1
    assert (network(features).rot6d - network(changed).rot6d).abs().amax(dim=(0, 1, 3)).min() > 1e-4


@torch.inference_mode()
def test_camera_and_shape_bypass_the_encoder(seeded_pare, features):
    plain = started(EncoderConfig("none"), seeded_pare)(features)
    encoded = started(EncoderConfig(), seeded_pare)(features)
    assert torch.equal(plain.weak_camera, encoded.weak_camera)
    assert not torch.equal(plain.rot6d, encoded.rot6d)


def test_the_papers_encoder_has_the_papers_size():
    encoder = PareTemporalEstimator(EncoderConfig()).encoder
    assert sum(values.numel() for values in encoder.parameters()) == 1_692_672
