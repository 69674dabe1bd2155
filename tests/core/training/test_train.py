"""Both stages on generated motion: the loss falls, files appear, training resumes, the command's errors are ours."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import MotionDataError, WeightsError
from core.models.open_weights import load_lifter, load_temporal, read_weights
from core.models.temporal_encoder import TemporalConfig
from core.training import train_temporal
from core.training.open_preset import LifterOptions, OpenPreset, TemporalOptions
from core.training.schedule import Budget, Progress, WeightAverage, load_checkpoint
from core.training.stage import StageContext
from core.training.train import train
from core.training.train_lifter import LifterTraining
from core.training.train_temporal import TemporalTraining

SMALL = OpenPreset(
    lifter=LifterOptions(batch_frames=64, warmup_iterations=5),
    temporal=TemporalOptions(batch_windows=4, window_frames=12, warmup_iterations=2),
    minutes=0.0,
    iterations=3,
)


@pytest.fixture
def context(library, torch_body, tmp_path):
    def make(iterations, resume=False, report=lambda _: None, **changes):
        preset = replace(SMALL, iterations=iterations, **changes)
        return StageContext(library, torch_body, tmp_path, Budget(iterations=iterations), resume, report, preset)

    return make


@pytest.fixture(scope="module")
def trained_folder(motion_file, tmp_path_factory):
    """One short run of both stages."""
    folder = tmp_path_factory.mktemp("trained")
    train(motion_file, folder, SMALL, report=lambda _: None)
    return folder


def test_the_lifters_loss_falls(context):
    training = LifterTraining(context(40))
    losses = [training.step()["loss"] for _ in range(40)]
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
        return sum(float(getattr(SMALL.temporal.losses, name) * loss) for name, loss in losses.items())

    before = total()
    steps = [training.step() for _ in range(20)]
    assert all(np.isfinite(list(step.values())).all() for step in steps)
    assert "discriminator" in steps[0] and "adversarial" in steps[0]
    assert total() < before


def test_the_discriminator_learns_at_its_interval_only(context, trained_folder):
    temporal = replace(SMALL.temporal, discriminator_warmup=2)
    training = TemporalTraining(context(12, temporal=temporal), load_lifter(trained_folder / "open_lifter.safetensors"))
    learned = [index for index in range(12) if "discriminator" in training.step()]
    assert learned == [0, 1, 5, 10]


def test_the_encoders_step_leaves_the_discriminator_and_the_lifter_alone(context, trained_folder):
    lifter = load_lifter(trained_folder / "open_lifter.safetensors")
    training = TemporalTraining(context(2), lifter)
    training.progress.iteration = SMALL.temporal.discriminator_warmup + 1
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


class Killed(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("stage", ["lifter", "temporal"])
def test_a_stage_stopped_at_any_step_ends_with_the_same_bits(context, trained_folder, stage):
    def run(stop_at=None, **options):
        def report(text):
            if stop_at is not None and f"iteration {stop_at}:" in text:
                raise Killed

        # A checkpoint at every step.
        made = context(3, report=report, save_every_s=-1.0, **options)
        lifter = load_lifter(trained_folder / "open_lifter.safetensors")
        training = LifterTraining(made) if stage == "lifter" else TemporalTraining(made, lifter)
        training.run()
        state = load_checkpoint(training.checkpoint_path)
        parts = [state["average"], state["random"], *state["parts"].values()]
        return flatten([parts, state["history"]["rows"]])

    whole = run()
    with pytest.raises(Killed):
        run(stop_at=2)
    torch.rand(9)  # Nothing may hang on what random numbers were drawn before.
    resumed = run(resume=True)
    assert all(torch.equal(torch.as_tensor(a), torch.as_tensor(b)) for a, b in zip(resumed, whole, strict=True))


def flatten(value):
    """All numbers and tensors of nested lists and mappings; texts as their bytes."""
    if isinstance(value, dict):
        return flatten(list(value.values()))
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in flatten(item)]
    if isinstance(value, str):
        return [list(value.encode())]
    return [] if value is None else [value]


def test_without_resume_a_stage_begins_anew(context):
    LifterTraining(context(2)).run()
    assert LifterTraining(context(2)).progress.iteration == 0


def test_the_curves_have_a_row_for_each_checkpoint(context):
    made = context(4, save_every_s=-1.0)
    LifterTraining(made).run()
    with (made.output / "lifter_curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["iteration"] for row in rows] == ["1", "2", "3", "4"]
    assert all(float(row["PA-MPJPE_mm"]) > 0 for row in rows)
    assert (made.output / "lifter_curves.png").read_bytes().startswith(b"\x89PNG")


def test_paper_mode_trains_too(motion_file, trained_folder, tmp_path):
    (tmp_path / "open_lifter.safetensors").write_bytes((trained_folder / "open_lifter.safetensors").read_bytes())
    paper = TemporalConfig("uni", residual=False)
    preset = replace(SMALL, stage="temporal", temporal=replace(SMALL.temporal, encoder=paper))
    train(motion_file, tmp_path, preset, report=lambda _: None)
    assert load_temporal(tmp_path / "open_temporal.safetensors").encoder.config == paper


def test_the_temporal_stage_needs_a_lifter(motion_file, tmp_path):
    with pytest.raises(WeightsError, match="open_lifter"):
        train(motion_file, tmp_path, replace(SMALL, stage="temporal"))


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
