from dataclasses import replace

import numpy as np
import pytest
import torch

from core.training.ablation.run_training import RunTraining, train_run
from core.training.ablation.runs import Run

from .conftest import TINY


def snapshot(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def is_unchanged(module, before):
    return all(torch.equal(before[name], value) for name, value in module.state_dict().items())


@pytest.mark.parametrize("disc", [False, True])
def test_a_seed_decides_the_whole_run(materials, disc):
    runs = [
        train_run(Run("main", "decomposed", seed, True, disc), materials, lambda _: (0.0, 0.0)) for seed in (3, 3, 4)
    ]
    first, again, other = (snapshot(run.network) for run in runs)
    assert is_unchanged(runs[1].network, first) and not is_unchanged(runs[2].network, first)
    assert runs[0].losses == runs[1].losses != runs[2].losses
    assert len(again) == len(other)


@pytest.mark.parametrize("kind", ["none", "holistic", "decomposed"])
def test_the_losses_fall(materials, kind):
    longer = replace(materials, settings=replace(TINY, iterations=40, learning_rate=5e-3))
    training = RunTraining(Run("main", kind, 0), longer)
    losses = [training.step() for _ in range(40)]
    totals = [300 * step["keypoint3d"] + 60 * step["pose"] for step in losses]
    assert np.mean(totals[-8:]) < 0.9 * np.mean(totals[:8])


def test_regularisation_keeps_the_features(materials):
    residuals = {}
    for has_regularisation in (False, True):
        training = RunTraining(Run("main", "decomposed", 0, has_regularisation), materials)
        residuals[has_regularisation] = [training.step()["feature_regularisation"] for _ in range(40)][-1]
    assert residuals[True] < residuals[False]


def test_the_discriminator_learns_every_fifth_iteration_and_only_where_asked(materials):
    training = RunTraining(Run("discriminator", "none", 0, has_discriminator=True), materials)
    assert [index for index in range(11) if "discriminator" in training.step()] == [0, 5, 10]
    plain = RunTraining(Run("main", "none", 0), materials)
    before = snapshot(plain.discriminator)
    assert all("adversarial" not in plain.step() for _ in range(3))
    assert is_unchanged(plain.discriminator, before)


def test_the_estimators_step_leaves_discriminator_and_lifter_alone(materials):
    training = RunTraining(Run("discriminator", "decomposed", 0, has_discriminator=True), materials)
    training.progress.iteration = 1
    frozen = [(module, snapshot(module)) for module in (training.discriminator, materials.lifter)]
    training.step()
    assert all(is_unchanged(module, before) for module, before in frozen)
    assert all(parameter.grad is None for parameter in training.discriminator.parameters())


def test_less_data_means_fewer_windows_not_smaller_batches(materials):
    training = RunTraining(Run("fractions", "none", 0, fraction=0.3), materials)
    assert 0 < len(training.indices) < 24
    assert np.isfinite(list(training.step().values())).all()


def test_the_curve_ends_at_the_last_iteration(materials):
    trained = train_run(Run("main", "none", 0), materials, lambda network: (float(network.training), 2.0))
    assert trained.curve == [(3, 0.0, 2.0), (6, 0.0, 2.0)]
    assert trained.encoder_parameters == 0 < trained.parameters
