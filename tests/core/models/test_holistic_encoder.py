import pytest
import torch

from core.models.holistic_encoder import HolisticConfig, HolisticEncoder
from core.models.vibe import VibeEncoderConfig, VibeTemporalEncoder

FEATURES = torch.randn(2, 5, 24, 128, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("direction", ["uni", "bi"])
@pytest.mark.parametrize("residual", [False, True])
def test_with_a_relu_it_is_vibes_encoder_on_the_joined_features(direction, residual):
    torch.manual_seed(0)
    twin = VibeTemporalEncoder(VibeEncoderConfig(3072, 20, 2, direction == "bi", True, residual))
    encoder = HolisticEncoder(HolisticConfig(direction, residual, 20, has_relu=True))
    encoder.load_state_dict(twin.state_dict())
    expected = twin(FEATURES.flatten(-2)).unflatten(-1, (24, 128))
    assert torch.allclose(encoder(FEATURES), expected, atol=1e-6)


def test_an_untrained_residual_encoder_changes_nothing():
    assert torch.equal(HolisticEncoder(HolisticConfig(residual=True, hidden_size=8))(FEATURES), FEATURES)


def test_the_forward_encoder_does_not_look_ahead_and_mixes_joints():
    encoder = HolisticEncoder(HolisticConfig(hidden_size=16))
    changed = FEATURES.clone()
    changed[:, 3, 7] += 1.0
    difference = (encoder(changed) - encoder(FEATURES)).abs().amax((0, 3))
    assert difference[:3].max() == 0
    assert (difference[3:] > 0).all(), "one joint's feature reaches every joint"
