import pytest
import torch

from core.training.loss_presets import PAPER, LossWeights, regularisation_loss, total_loss

FEATURES = torch.randn(3, 16, 24, 128, generator=torch.Generator().manual_seed(0))


def test_the_papers_weights():
    assert (PAPER.keypoint3d, PAPER.keypoint2d, PAPER.pose, PAPER.betas) == (300, 300, 60, 0.06)
    assert (PAPER.feature_regularisation, PAPER.adversarial, PAPER.regularisation) == (60, 0.5, "rms")


@pytest.mark.parametrize(
    ("name", "expected"), [("rms", 0.25), ("mse", 0.0625), ("frobenius", 0.25 * (16 * 128) ** 0.5)]
)
def test_each_reading_of_the_norm_has_its_closed_form(name, expected):
    loss = regularisation_loss(FEATURES + 0.25, FEATURES, name)
    assert torch.isclose(loss, torch.tensor(expected), rtol=1e-4)


@pytest.mark.parametrize("name", ["rms", "mse", "frobenius"])
def test_the_gradient_is_finite_at_no_change(name):
    encoded = FEATURES.clone().requires_grad_()
    regularisation_loss(encoded, FEATURES, name).backward()
    assert torch.isfinite(encoded.grad).all()


def test_only_the_norms_own_form_depends_on_the_clips_length():
    longer, shorter = FEATURES, FEATURES[:, :4]
    for name, ratio in (("rms", 1.0), ("mse", 1.0), ("frobenius", 2.0)):
        losses = [regularisation_loss(features + 0.1, features, name) for features in (longer, shorter)]
        assert torch.isclose(losses[0] / losses[1], torch.tensor(ratio), rtol=1e-3)


def test_the_total_is_the_weighted_sum_and_a_weight_of_zero_stops_the_gradient():
    first, second = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    weights = LossWeights(adversarial=0.0)
    total = total_loss({"pose": first, "adversarial": second}, weights)
    assert total == 120
    total.backward()
    assert first.grad == 60 and second.grad is None
