import dataclasses
import json

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


@pytest.mark.parametrize(("direction", "size"), [("uni", 126), ("bi", 142)])
def test_a_holistic_encoder_without_a_size_is_the_matched_one(direction, size):
    paper = EncoderConfig(direction=direction)
    for config in (
        EncoderConfig("holistic", direction),
        EncoderConfig("holistic", direction, hidden_size=0),
        dataclasses.replace(paper, kind="holistic"),
    ):
        assert config == matched_holistic(paper)
        assert config.hidden_size == size
        # Weight files say the size that was built.
        assert json.loads(json.dumps(dataclasses.asdict(config)))["hidden_size"] == size
        assert dataclasses.replace(config, kind="decomposed").hidden_size == 64
    assert paper.hidden_size == 64


def test_a_configuration_draws_no_random_numbers():
    state = torch.get_rng_state()
    EncoderConfig("holistic", "bi")
    assert torch.equal(torch.get_rng_state(), state)


def test_a_holistic_encoder_of_a_named_size_keeps_it():
    config = EncoderConfig("holistic", hidden_size=64)
    assert config.hidden_size == 64
    assert dataclasses.replace(config, residual=True).hidden_size == 64
    assert dataclasses.replace(EncoderConfig(), kind="holistic", hidden_size=64).hidden_size == 64


@pytest.mark.parametrize("kind", ["holistic", "decomposed"])
def test_the_relu_is_an_option_of_every_encoder(kind):
    plain = build_encoder(EncoderConfig(kind, hidden_size=6))
    with_relu = build_encoder(EncoderConfig(kind, hidden_size=6, has_relu=True))
    with_relu.load_state_dict(plain.state_dict())
    assert not torch.equal(with_relu(FEATURES), plain(FEATURES))


def test_vibes_own_size_is_an_option():
    assert (VIBE_ENCODER.kind, VIBE_ENCODER.hidden_size, VIBE_ENCODER.has_relu) == ("holistic", 1024, True)


@pytest.mark.parametrize("wrong", [{"kind": "both"}, {"direction": "left"}, {"hidden_size": 0}])
def test_what_no_encoder_is_is_refused(wrong):
    with pytest.raises(OptionError):
        EncoderConfig(**wrong)
