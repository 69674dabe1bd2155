import pytest
import torch

from core.errors import OptionError
from core.models.encoders import (
    VIBE_ENCODER,
    EncoderConfig,
    build_encoder,
    holistic_parameter_count,
    matched_holistic,
    parameter_count,
)

FEATURES = torch.randn(2, 4, 24, 128, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", ["none", "holistic", "decomposed"])
@pytest.mark.parametrize("direction", ["uni", "bi"])
def test_every_encoder_keeps_the_shape_and_a_residual_one_starts_as_the_backbone(kind, direction):
    config = EncoderConfig(kind, direction, residual=True, hidden_size=6)
    assert torch.equal(build_encoder(config)(FEATURES), FEATURES)
    plain = build_encoder(EncoderConfig(kind, direction, residual=False, hidden_size=6))(FEATURES)
    assert plain.shape == FEATURES.shape
    assert torch.equal(plain, FEATURES) == (kind == "none")


def test_the_papers_encoder_has_the_published_number_of_parameters():
    assert parameter_count(build_encoder(EncoderConfig())) == 1_692_672


@pytest.mark.parametrize("direction", ["uni", "bi"])
def test_the_matched_holistic_encoder_is_within_half_a_percent(direction):
    decomposed = EncoderConfig(direction=direction)
    holistic = matched_holistic(decomposed)
    counts = [parameter_count(build_encoder(config)) for config in (decomposed, holistic)]
    assert abs(counts[1] / counts[0] - 1) < 0.005
    assert (holistic.direction, holistic.residual) == (decomposed.direction, decomposed.residual)


@pytest.mark.parametrize(("direction", "count"), [("uni", 1), ("bi", 2)])
def test_the_closed_form_counts_what_torch_counts(direction, count):
    encoder = build_encoder(EncoderConfig("holistic", direction, hidden_size=10))
    assert parameter_count(encoder) == holistic_parameter_count(10, count)


def test_vibes_own_size_is_an_option():
    assert (VIBE_ENCODER.kind, VIBE_ENCODER.hidden_size, VIBE_ENCODER.has_relu) == ("holistic", 1024, True)


@pytest.mark.parametrize("wrong", [{"kind": "both"}, {"direction": "left"}, {"hidden_size": 0}])
def test_what_no_encoder_is_is_refused(wrong):
    with pytest.raises(OptionError):
        EncoderConfig(**wrong)
