import pytest
import torch
from torch import nn

from core.errors import OptionError
from core.models.temporal_encoder import JointTemporalEncoder, TemporalConfig, TemporalEstimator

MODES = [("uni", False), ("uni", True), ("bi", False), ("bi", True)]


def plain_loop(encoder, pose_features):
    """The slow twin: a Python loop over 24 nn.GRU with one linear layer each."""
    outputs = []
    for joint in range(24):
        gru = nn.GRU(128, 64, 2, batch_first=True, bidirectional=encoder.config.direction == "bi")
        gru.load_state_dict(encoder.joint_gru_state(joint))
        states, _ = gru(pose_features[:, :, joint])
        states = states.relu() if encoder.config.has_relu else states
        outputs.append(states @ encoder.projection_weight[joint] + encoder.projection_bias[joint])
    looped = torch.stack(outputs, dim=2)
    return looped + pose_features if encoder.config.residual else looped


def randomised(direction, residual, has_relu=False):
    torch.manual_seed(3)
    encoder = JointTemporalEncoder(TemporalConfig(direction, residual, has_relu=has_relu))
    with torch.no_grad():
        encoder.projection_weight.uniform_(-0.1, 0.1)
        encoder.projection_bias.uniform_(-0.1, 0.1)
    return encoder


@pytest.mark.parametrize("has_relu", [False, True])
@pytest.mark.parametrize(("direction", "residual"), MODES)
def test_the_bank_equals_a_loop_over_24_grus(direction, residual, has_relu):
    encoder = randomised(direction, residual, has_relu)
    pose_features = torch.randn(3, 11, 24, 128).relu()
    with torch.no_grad():
        difference = encoder(pose_features) - plain_loop(encoder, pose_features)
    assert difference.abs().max() < 1e-6


@pytest.mark.parametrize("direction", ["uni", "bi"])
def test_states_of_plain_grus_survive_import_and_export(direction):
    encoder = randomised(direction, residual=True)
    gru = nn.GRU(128, 64, 2, bidirectional=direction == "bi")
    encoder.load_joint_gru_state(7, gru.state_dict())
    exported = encoder.joint_gru_state(7)
    assert exported.keys() == gru.state_dict().keys()
    for name, values in gru.state_dict().items():
        assert torch.equal(exported[name], values)


def test_a_joint_depends_on_its_own_features_only():
    encoder = randomised("bi", residual=True)
    pose_features = torch.randn(1, 6, 24, 128).relu()
    changed = pose_features.clone()
    changed[:, :, 5] += 1.0
    with torch.no_grad():
        moved = (encoder(changed) - encoder(pose_features)).abs().amax(dim=(0, 1, 3))
    assert moved[5] > 0
    assert torch.equal(moved[torch.arange(24) != 5], torch.zeros(23))


def test_an_untrained_residual_encoder_changes_nothing():
    estimator = TemporalEstimator(TemporalConfig("bi", residual=True))
    pose_features = torch.randn(2, 5, 24, 128).relu()
    output = estimator(pose_features)
    assert torch.equal(output.encoded_features, pose_features)
    assert torch.equal(output.rot6d, estimator.heads(pose_features))


def test_one_direction_never_looks_ahead_and_two_do():
    pose_features = torch.randn(1, 8, 24, 128).relu()
    changed = pose_features.clone()
    changed[:, 5:] += 1.0
    with torch.no_grad():
        for direction, looks_ahead in (("uni", False), ("bi", True)):
            encoder = randomised(direction, residual=False)
            before = (encoder(changed) - encoder(pose_features))[:, :5]
            assert (before.abs().max() > 0) == looks_ahead


def test_sequences_in_a_batch_do_not_mix_and_one_frame_works():
    encoder = randomised("bi", residual=True)
    pose_features = torch.randn(3, 4, 24, 128).relu()
    with torch.no_grad():
        together = encoder(pose_features)
        alone = torch.cat([encoder(clip[None]) for clip in pose_features])
        assert torch.allclose(together, alone, atol=1e-6)
        assert encoder(pose_features[:, :1]).shape == (3, 1, 24, 128)


def test_the_paper_encoder_has_the_papers_number_of_parameters():
    encoder = JointTemporalEncoder(TemporalConfig("uni", residual=False))
    assert sum(values.numel() for values in encoder.parameters()) == 24 * (62_208 + 8_320)


def test_mixed_precision_is_near_the_exact_result():
    encoder = randomised("bi", residual=True)
    pose_features = torch.randn(2, 10, 24, 128).relu()
    with torch.no_grad():
        exact = encoder(pose_features)
        encoder.set_mixed_precision(True)
        assert (encoder(pose_features) - exact).abs().max() < 0.02


def test_a_header_that_is_older_than_the_relu_means_none():
    assert not TemporalConfig(**{"direction": "uni", "residual": False, "hidden_size": 64}).has_relu


def test_the_shipped_network_refuses_a_relu_that_its_export_lacks():
    with pytest.raises(OptionError, match="open_temporal has no ReLU"):
        TemporalEstimator(TemporalConfig(has_relu=True))
