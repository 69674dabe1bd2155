"""Both stages on generated motion: the loss falls, files appear, training resumes, the command's errors are ours."""

import numpy as np
import pytest
import torch

from core.errors import MotionDataError, WeightsError
from core.models.open_weights import load_lifter, load_temporal, read_weights
from core.models.temporal_encoder import TemporalConfig
from core.training import train_lifter, train_temporal
from core.training.schedule import Budget, Progress, WeightAverage
from core.training.stage import StageContext
from core.training.train import train
from core.training.train_lifter import LifterTraining
from core.training.train_temporal import TemporalTraining


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(train_lifter, "BATCH_FRAMES", 64)
    monkeypatch.setattr(train_lifter, "WARMUP_ITERATIONS", 5)
    monkeypatch.setattr(train_temporal, "BATCH_WINDOWS", 4)
    monkeypatch.setattr(train_temporal, "WINDOW_FRAMES", 12)
    monkeypatch.setattr(train_temporal, "WARMUP_ITERATIONS", 2)


@pytest.fixture
def context(library, torch_body, tmp_path):
    def make(iterations, resume=False):
        return StageContext(library, torch_body, tmp_path, Budget(iterations=iterations), 0, resume, lambda _: None)

    return make


@pytest.fixture(scope="module")
def trained_folder(motion_file, tmp_path_factory):
    """One short run of both stages; `small_batches` does not reach module fixtures, so it is only a few steps."""
    folder = tmp_path_factory.mktemp("trained")
    train(motion_file, folder, minutes=None, iterations=3, report=lambda _: None)
    return folder


def test_the_lifters_loss_falls(context):
    training = LifterTraining(context(40))
    losses = [training.step() for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_the_temporal_losses_are_finite_and_the_truth_is_approached(context, trained_folder):
    lifter = load_lifter(trained_folder / "open_lifter.safetensors")
    training = TemporalTraining(context(20), lifter)
    views = training.source.draw(16, 12, 30.0)
    features = train_temporal.window_features(lifter, views)

    @torch.no_grad()
    def total():
        output = training.network(features.pose_features)
        losses, _ = train_temporal.generator_losses(output, features, views, training.context.body)
        return sum(float(getattr(training.weights, name) * loss) for name, loss in losses.items())

    before = total()
    steps = [training.step() for _ in range(20)]
    assert all(np.isfinite(list(step.values())).all() for step in steps)
    assert "discriminator" in steps[0] and "adversarial" in steps[0]
    assert total() < before


def test_the_discriminator_learns_at_its_interval_only(context, trained_folder, monkeypatch):
    monkeypatch.setattr(train_temporal, "DISCRIMINATOR_WARMUP", 2)
    training = TemporalTraining(context(12), load_lifter(trained_folder / "open_lifter.safetensors"))
    learned = [index for index in range(12) if "discriminator" in training.step()]
    assert learned == [0, 1, 5, 10]


def test_the_encoders_step_leaves_the_discriminator_and_the_lifter_alone(context, trained_folder):
    lifter = load_lifter(trained_folder / "open_lifter.safetensors")
    training = TemporalTraining(context(2), lifter)
    training.progress.iteration = train_temporal.DISCRIMINATOR_WARMUP + 1
    frozen = [{n: v.clone() for n, v in m.state_dict().items()} for m in (lifter, training.discriminator)]
    training.step()
    for before, module in zip(frozen, (lifter, training.discriminator), strict=True):
        assert all(torch.equal(before[name], values) for name, values in module.state_dict().items())


def test_both_weight_files_say_how_they_were_made(trained_folder):
    for name, load in (("open_lifter", load_lifter), ("open_temporal", load_temporal)):
        load(trained_folder / f"{name}.safetensors")
        _, header = read_weights(trained_folder / f"{name}.safetensors")
        assert header["iterations"] == "3" and header["seed"] == "0"
        assert header["data_licence"] == "generated for a test"
        assert "python -m core train --motions motions.npz" in header["command"]


def test_training_resumes_where_it_stopped(context):
    LifterTraining(context(4)).run()
    resumed = LifterTraining(context(7, resume=True))
    assert resumed.progress.iteration == 4
    weights = {name: value.clone() for name, value in resumed.network.state_dict().items()}
    resumed.run()
    assert resumed.progress.iteration == 7
    moved = [not torch.equal(weights[name], value) for name, value in resumed.network.named_parameters()]
    assert any(moved)
    assert LifterTraining(context(7)).progress.iteration == 0


def test_the_temporal_stage_resumes_with_its_discriminator(context, trained_folder):
    lifter = load_lifter(trained_folder / "open_lifter.safetensors")
    first = TemporalTraining(context(3), lifter)
    first.run()
    resumed = TemporalTraining(context(5, resume=True), lifter)
    assert resumed.progress.iteration == 3
    for name, value in first.discriminator.state_dict().items():
        assert torch.equal(resumed.discriminator.state_dict()[name], value)


def test_paper_mode_trains_too(motion_file, trained_folder, tmp_path):
    (tmp_path / "open_lifter.safetensors").write_bytes((trained_folder / "open_lifter.safetensors").read_bytes())
    paper = TemporalConfig("uni", residual=False)
    train(motion_file, tmp_path, stage="temporal", minutes=None, iterations=2, report=lambda _: None, temporal=paper)
    assert load_temporal(tmp_path / "open_temporal.safetensors").encoder.config == paper


def test_the_temporal_stage_needs_a_lifter(motion_file, tmp_path):
    with pytest.raises(WeightsError, match="open_lifter"):
        train(motion_file, tmp_path, stage="temporal", minutes=None, iterations=1)


def test_a_damaged_checkpoint_is_named(context):
    LifterTraining(context(1)).run()
    (context(1).output / "lifter_checkpoint.pt").write_bytes(b"garbage")
    with pytest.raises(WeightsError, match="lifter_checkpoint"):
        LifterTraining(context(2, resume=True))


def test_a_missing_motion_file_is_named(tmp_path):
    with pytest.raises(MotionDataError, match=r"nothing\.npz"):
        train(tmp_path / "nothing.npz", tmp_path)


def test_the_learning_rate_warms_up_and_falls_to_a_hundredth():
    progress = Progress(Budget(iterations=1000))
    rates = []
    for progress.iteration in range(0, 1001, 100):
        rates.append(progress.learning_rate(1.0, 50))
    assert rates[0] == pytest.approx(1 / 50, rel=1e-3)
    assert rates[1] > 0.9 and rates[1:] == sorted(rates[1:], reverse=True)
    assert rates[-1] == pytest.approx(0.01)


def test_the_average_follows_the_weights():
    network = torch.nn.Linear(2, 2)
    average = WeightAverage(network, decay=0.5)
    with torch.no_grad():
        network.weight.fill_(3.0)
    for iteration in range(60):
        average.update(network, iteration + 100)
    assert torch.allclose(average.state["weight"], torch.full((2, 2), 3.0))
