import math

import pytest
import torch

from core.models.temporal_encoder import TemporalConfig, TemporalEstimator
from core.training.smoother_start import hold_smoother_units, start_as_smoother


@pytest.fixture(scope="module")
def smoother():
    torch.manual_seed(0)
    estimator = TemporalEstimator()
    start_as_smoother(estimator, torch.randn(500, 24, 128).relu())
    return estimator.eval()


@torch.no_grad()
def test_a_still_person_stays_as_they_are_from_the_first_frame_to_the_last(smoother):
    features = torch.randn(1, 1, 24, 128).relu().expand(1, 15, 24, 128)
    assert (smoother(features).rot6d - smoother.heads(features)).abs().max() < 0.01


@torch.no_grad()
def test_jitter_shrinks_and_slow_movement_stays(smoother):
    time = torch.arange(60)[None, :, None, None] / 30.0
    start, direction = torch.randn(2, 1, 1, 24, 128).relu()
    slow = start + direction * torch.sin(2 * torch.pi * 0.5 * time)
    jitter = 0.3 * torch.randn(1, 60, 24, 128)
    plain, noisy = (smoother(x).rot6d[:, 5:-5] for x in (slow, slow + jitter))
    # The filter is linear but for a trace, so jitter can be followed through it on its own.
    left = (noisy - plain).diff(n=2, dim=1).std() / smoother.heads(slow + jitter).diff(n=2, dim=1).std()
    assert left < 0.35
    kept = plain.std(dim=1) / smoother.heads(slow)[:, 5:-5].std(dim=1)
    assert 0.85 < kept.mean() < 1.02


@torch.no_grad()
@pytest.mark.parametrize("frame_rate_hz", [15.0, 60.0, 120.0])
def test_with_the_context_it_smooths_over_a_time_and_not_over_frames(frame_rate_hz):
    torch.manual_seed(0)
    estimator = TemporalEstimator(TemporalConfig(has_context=True))
    start_as_smoother(estimator, torch.randn(500, 24, 128).relu())
    direction = torch.randn(24, 128).relu()

    def kept_share(rate_hz, frequency_hz=3.0):
        time = torch.arange(round(4 * rate_hz))[None, :, None, None] / rate_hz
        features = 1 + direction * torch.sin(2 * torch.pi * frequency_hz * time)
        context = torch.ones(*features.shape[:3], 2)
        context[..., 1] = math.log2(rate_hz / 30)
        smooth, plain = estimator(features, context).rot6d, estimator.heads(features)
        middle = slice(round(rate_hz), round(3 * rate_hz))
        return float((smooth[:, middle].std(dim=1) / plain[:, middle].std(dim=1)).mean())

    assert kept_share(frame_rate_hz) == pytest.approx(kept_share(30.0), abs=0.12)
    assert kept_share(30.0) < 0.9


@torch.no_grad()
def test_a_joint_that_is_not_seen_lies_between_where_it_was_and_where_it_is_again():
    torch.manual_seed(0)
    estimator = TemporalEstimator(TemporalConfig(has_context=True))
    start_as_smoother(estimator, torch.randn(500, 24, 128).relu())
    before, after, wrong = torch.randn(3, 1, 24, 128).relu()
    features = torch.cat([before.expand(20, 24, 128), wrong.expand(4, 24, 128), after.expand(20, 24, 128)])[None]
    context = torch.zeros(1, 44, 24, 2)
    context[..., 0] = 0.95
    told = context.clone()
    told[:, 20:24, :, 0] = 0.1
    plain = estimator.heads(features)
    blind, knowing = (estimator(features, given).rot6d[0, 22] for given in (context, told))
    between = (plain[0, 10] + plain[0, 40]) / 2
    assert (blind - plain[0, 22]).abs().mean() < 0.2 * (blind - between).abs().mean()
    assert (knowing - between).abs().mean() < 0.75 * (knowing - plain[0, 22]).abs().mean()
    # What is seen is not changed by what is not, a few frames off.
    seen = [estimator(features, given).rot6d[0, [5, 12, 32, 40]] for given in (context, told)]
    assert (seen[0] - seen[1]).abs().max() < 0.02


@torch.no_grad()
def test_it_looks_both_ways_alike(smoother):
    features = torch.randn(1, 20, 24, 128).relu()
    forward = smoother(features).rot6d
    backward = smoother(features.flip(1)).rot6d.flip(1)
    assert (forward - backward).abs().max() < 0.03


def test_other_encoders_are_refused():
    for config in (TemporalConfig("uni", residual=True), TemporalConfig("bi", residual=False)):
        with pytest.raises(ValueError, match="residual"):
            start_as_smoother(TemporalEstimator(config), torch.randn(500, 24, 128).relu())


def test_the_set_up_units_hold_and_the_others_learn():
    torch.manual_seed(0)
    estimator = TemporalEstimator()
    start_as_smoother(estimator, torch.randn(500, 24, 128).relu())
    hold_smoother_units(estimator)
    layer = estimator.encoder.layers[0]
    with torch.no_grad():
        estimator.encoder.projection_weight.add_(0.01)
    estimator(torch.randn(2, 6, 24, 128).relu()).rot6d.square().sum().backward()
    gradient = layer.weight_ih.grad.unflatten(-1, (3, 64)).abs().sum(dim=(0, 1, 2))
    assert gradient[:19].max() == 0 and gradient[19:].min() > 0
