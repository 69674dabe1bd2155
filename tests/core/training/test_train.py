"""All stages on generated motion: the loss falls, files appear, training resumes, the command's errors are ours."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.command_line import main
from core.errors import MotionDataError, OptionError, WeightsError
from core.models.open_weights import load_contacts, load_lifter, load_temporal, read_weights
from core.models.temporal_encoder import TemporalConfig
from core.training import stage_training, temporal_losses
from core.training.open_preset import (
    ContactOptions,
    LifterOptions,
    OpenPreset,
    TemporalLossWeights,
    TemporalOptions,
)
from core.training.schedule import Budget, Progress, WeightAverage, load_checkpoint
from core.training.stage import StageContext
from core.training.train import stage_budget, train
from core.training.train_contacts import ContactTraining
from core.training.train_lifter import LifterTraining
from core.training.train_temporal import TemporalTraining

STAGES = ("lifter", "temporal", "contacts")
"""Of a training without rendered frames."""

SMALL = OpenPreset(
    lifter=LifterOptions(batch_frames=64, warmup_iterations=5),
    temporal=TemporalOptions(batch_windows=4, window_frames=12, warmup_iterations=2),
    contacts=ContactOptions(batch_windows=4, window_frames=24, warmup_iterations=2),
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
    """One short run of all stages."""
    folder = tmp_path_factory.mktemp("trained")
    train([motion_file], folder, SMALL, report=lambda _: None)
    return folder


def test_the_lifters_loss_falls(context):
    training = LifterTraining(context(40))
    losses = [training.step()["loss"] for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_the_temporal_losses_are_finite_and_the_truth_is_approached(context, trained_folder):
    lifter = load_lifter(trained_folder / "open_lifter.safetensors")
    training = TemporalTraining(context(20), lifter)
    views = training.source.draw(16, 12, 30.0)
    features = temporal_losses.window_features(lifter, views)

    @torch.no_grad()
    def total():
        output = training.network(features.pose_features, features.joint_context)
        losses, _ = temporal_losses.generator_losses(output, features, views, training.context.body)
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
    assert learned == [0, 1, 2, 4, 6, 8, 10]


def test_the_encoders_step_leaves_the_discriminator_and_the_lifter_alone(context, trained_folder):
    lifter = load_lifter(trained_folder / "open_lifter.safetensors")
    training = TemporalTraining(context(2), lifter)
    training.progress.iteration = SMALL.temporal.discriminator_warmup + 1
    frozen = [{n: v.clone() for n, v in m.state_dict().items()} for m in (lifter, training.discriminator)]
    training.step()
    for before, module in zip(frozen, (lifter, training.discriminator), strict=True):
        assert all(torch.equal(before[name], values) for name, values in module.state_dict().items())


def test_the_weight_files_say_how_they_were_made(trained_folder):
    loaders = {"open_lifter": load_lifter, "open_temporal": load_temporal, "open_contacts": load_contacts}
    for name, load in loaders.items():
        load(trained_folder / f"{name}.safetensors")
        _, header = read_weights(trained_folder / f"{name}.safetensors")
        assert header["iterations"] == "3" and header["seed"] == "0"
        assert header["data_licence"] == "generated for a test"
        assert "python -m core train --motions motions.npz" in header["command"]


def test_the_contact_network_learns_which_feet_stand(context):
    training = ContactTraining(context(60))
    before = training.validate()["validation_loss"]
    for _ in range(60):
        training.step()
    assert training.validate()["validation_loss"] < 0.9 * before


def stage_training_of(stage, made, trained_folder):
    if stage == "temporal":
        return TemporalTraining(made, load_lifter(trained_folder / "open_lifter.safetensors"))
    return {"lifter": LifterTraining, "contacts": ContactTraining}[stage](made)


class Killed(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_stopped_at_any_step_ends_with_the_same_bits(context, trained_folder, tmp_path, stage):
    def run(folder, stop_at=None, **options):
        def report(text):
            if stop_at is not None and f"iteration {stop_at}:" in text:
                raise Killed

        # A checkpoint at every step.
        made = replace(context(3, report=report, save_every_s=-1.0, **options), output=folder)
        training = stage_training_of(stage, made, trained_folder)
        training.run()
        state = load_checkpoint(training.checkpoint_path)
        parts = [state["average"], state["random"], *state["parts"].values()]
        return flatten([parts, state["history"]["rows"]])

    folders = [tmp_path / "whole", tmp_path / "stopped"]
    for folder in folders:
        folder.mkdir()
    whole = run(folders[0])
    with pytest.raises(Killed):
        run(folders[1], stop_at=2)
    torch.rand(9)  # Nothing may hang on what random numbers were drawn before.
    resumed = run(folders[1], resume=True)
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


@pytest.mark.parametrize("stage", STAGES)
def test_a_checkpoint_is_not_overwritten(motion_file, trained_folder, tmp_path, stage):
    path = tmp_path / f"{stage}_checkpoint.pt"
    path.write_bytes((trained_folder / path.name).read_bytes())
    before = path.read_bytes()
    with pytest.raises(OptionError, match=rf"{path.name} is there already\. Add --resume .* choose another folder\."):
        train([motion_file], tmp_path, SMALL)
    # Refused before any work: the first stage has not begun.
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


CHANGES = {
    "seed was 0, is 7": {"seed": 7},
    r"iterations was 3, is 5": {"iterations": 5},
    r"minutes was None, is 0\.5": {"minutes": 1.0},
    r"lifter\.batch_frames was 64, is 32; lifter\.learning_rate was 0\.001, is 0\.1": {
        "lifter": replace(SMALL.lifter, batch_frames=32, learning_rate=0.1)
    },
    r"temporal\.losses\.pose was 60\.0, is 1\.0": {
        "temporal": replace(SMALL.temporal, losses=TemporalLossWeights(pose=1.0))
    },
}


@pytest.mark.parametrize("sentence", CHANGES)
def test_other_options_are_not_resumed(motion_file, trained_folder, sentence):
    before = files_of(trained_folder)
    with pytest.raises(OptionError, match=f"checkpoint.pt was made with another configuration: .*{sentence}"):
        train([motion_file], trained_folder, replace(SMALL, **CHANGES[sentence]), resume=True, report=lambda _: None)
    assert files_of(trained_folder) == before


def test_other_motion_is_not_resumed(motion_writer, trained_folder, tmp_path):
    other = motion_writer(tmp_path / "motions.npz", frame_count=91)
    with pytest.raises(OptionError, match=r"configuration: made_of\.motions_sha256 was '[0-9a-f]{64}', is '"):
        train([other], trained_folder, SMALL, resume=True, report=lambda _: None)


def test_the_temporal_stage_is_not_resumed_on_another_lifter(context, trained_folder):
    lifter = load_lifter(trained_folder / "open_lifter.safetensors")
    TemporalTraining(context(1), lifter).run()
    with torch.no_grad():
        next(lifter.parameters()).add_(1e-3)
    with pytest.raises(OptionError, match="lifter_sha256 was"):
        TemporalTraining(context(1, resume=True), lifter)


def test_what_the_weights_do_not_follow_from_may_change(motion_file, trained_folder, tmp_path):
    folder = shutil.copytree(trained_folder, tmp_path / "copy")
    before = files_of(folder)
    preset = replace(SMALL, stage="temporal", save_every_s=7.0)
    train([motion_file], folder, preset, resume=True, report=lambda _: None)
    assert files_of(folder)["open_temporal.safetensors"] == before["open_temporal.safetensors"]


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def few_timed_steps(monkeypatch):
    monkeypatch.setattr(stage_training, "UNTIMED_STEPS", 1)
    monkeypatch.setattr(stage_training, "TIMED_STEPS", 2)


@pytest.mark.usefixtures("few_timed_steps")
@pytest.mark.parametrize("stage", STAGES)
def test_minutes_become_iterations_once_and_leave_no_trace(context, trained_folder, monkeypatch, stage):
    def make(folder, budget, resume=False, report=lambda _: None):
        made = replace(context(0, resume=resume, report=report), output=folder, budget=budget)
        return stage_training_of(stage, made, trained_folder)

    def state_of(training):
        state = load_checkpoint(training.checkpoint_path)
        return flatten([state["average"], state["random"], *state["parts"].values()])

    # A clock on which each timed step takes three seconds, so that 12 seconds are four of them.
    steps = []
    monkeypatch.setattr(stage_training.time, "monotonic", lambda: 3.0 * len(steps))
    for kind in (LifterTraining, TemporalTraining, ContactTraining):
        step = kind.step
        monkeypatch.setattr(kind, "step", lambda self, step=step: steps.append(1) or step(self))
    minutes, said = Budget(minutes=0.2), []
    training = make(new_folder(trained_folder, stage, "minutes"), minutes, report=said.append)
    training.run()
    assert training.progress.iteration == 4
    assert any("4 iterations for 0.2 minutes" in line for line in said)
    counted = make(new_folder(trained_folder, stage, "iterations"), Budget(iterations=4))
    counted.run()
    same = zip(state_of(training), state_of(counted), strict=True)
    assert all(torch.equal(torch.as_tensor(a), torch.as_tensor(b)) for a, b in same)
    # Resumed where steps take no time, the number stays.
    monkeypatch.setattr(stage_training.time, "monotonic", lambda: 0.0)
    assert make(training.context.output, minutes, resume=True).progress.budget == Budget(iterations=4)


def new_folder(trained_folder, *names):
    folder = trained_folder.parent.joinpath(*names)
    folder.mkdir(parents=True)
    return folder


@pytest.mark.usefixtures("few_timed_steps")
def test_the_number_is_kept_from_the_moment_it_is_known(context, monkeypatch):
    def report(text):
        if "iterations for" in text:
            raise Killed

    made = replace(context(0, report=report), budget=Budget(minutes=0.01))
    with pytest.raises(Killed):
        LifterTraining(made).run()
    resumed = LifterTraining(replace(made, resume=True))
    assert resumed.progress.iteration == 0 and resumed.progress.budget.minutes is None
    assert resumed.progress.budget.iterations >= 1


def test_minutes_and_iterations_together_end_by_what_comes_first():
    assert Budget(minutes=1.0, iterations=50).at_speed(2.0) == Budget(iterations=30)
    assert Budget(minutes=1.0, iterations=20).at_speed(2.0) == Budget(iterations=20)
    assert Budget(minutes=1.0).at_speed(1e9) == Budget(iterations=1)
    assert Budget(iterations=9).at_speed(2.0) == Budget(iterations=9)


@pytest.mark.parametrize(
    ("changes", "lifter", "temporal"),
    [
        ({}, Budget(iterations=14_000), Budget(iterations=1_000)),
        ({"iterations": 5}, Budget(iterations=5), Budget(iterations=5)),
        ({"minutes": 40.0, "lifter_share": 0.25}, Budget(minutes=10.0), Budget(minutes=30.0)),
        ({"minutes": 40.0, "iterations": 5}, Budget(20.0, 5), Budget(20.0, 5)),
    ],
)
def test_the_preset_says_how_long_each_stage_is(changes, lifter, temporal):
    preset = OpenPreset(**changes)
    assert (stage_budget(preset, "lifter"), stage_budget(preset, "temporal")) == (lifter, temporal)


def test_the_contact_network_is_as_long_as_it_is_whatever_the_others_get():
    assert stage_budget(OpenPreset(minutes=40.0), "contacts") == Budget(iterations=3_000)
    assert stage_budget(OpenPreset(minutes=2.0, stage="contacts"), "contacts") == Budget(minutes=2.0)


def test_a_stage_alone_has_all_minutes():
    assert stage_budget(OpenPreset(minutes=40.0, stage="temporal"), "temporal") == Budget(minutes=40.0)


def test_several_processes_are_refused(motion_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", "--motions", str(motion_file), "--output", str(tmp_path / "out")]) == 2
    sentence = "The open training runs on one processor; several GPUs are for --config paper."
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


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
    train([motion_file], tmp_path, preset, report=lambda _: None)
    assert load_temporal(tmp_path / "open_temporal.safetensors").encoder.config == paper


def test_the_temporal_stage_needs_a_lifter(motion_file, tmp_path):
    with pytest.raises(WeightsError, match="open_lifter"):
        train([motion_file], tmp_path, replace(SMALL, stage="temporal"))


def test_a_damaged_checkpoint_is_named(context):
    LifterTraining(context(1)).run()
    (context(1).output / "lifter_checkpoint.pt").write_bytes(b"garbage")
    with pytest.raises(WeightsError, match="lifter_checkpoint"):
        LifterTraining(context(2, resume=True))


def test_a_missing_motion_file_is_named(tmp_path):
    with pytest.raises(MotionDataError, match=r"nothing\.npz"):
        train([tmp_path / "nothing.npz"], tmp_path)


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
