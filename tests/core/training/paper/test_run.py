"""Runs: stopped or killed at any step and resumed they end with the same bits; best, last, curves and refusals."""

import csv
import dataclasses
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.errors import OptionError, WeightsError
from core.training.loss_presets import LossWeights
from core.training.paper.run import PaperRun, step_seed
from core.training.schedule import load_checkpoint
from tests.core.training.paper import tiny_run

ROOT = Path(__file__).parents[4]


class Killed(Exception):  # noqa: N818
    pass


def files_of(folder):
    """Weights of both networks, optimisers and curves of a finished run."""
    return (
        load_checkpoint(folder / "checkpoint.pt"),
        load_file(folder / "pare_temporal.safetensors"),
        load_file(folder / "pare_temporal_last.safetensors"),
        (folder / "curves.csv").read_text(),
        (folder / "table.txt").read_text(),
    )


def assert_equal(one, other, place=""):
    assert type(one) is type(other), place
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), place
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key in one:
            assert_equal(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), place
        for index, pair in enumerate(zip(one, other, strict=True)):
            assert_equal(*pair, f"{place}[{index}]")
    else:
        assert one == other, place


@pytest.mark.parametrize("stop_at", [1, 5, 8])
def test_a_run_stopped_at_any_step_ends_with_the_same_bits(tiny_root, trained, tmp_path, monkeypatch, stop_at):
    step = PaperRun.step

    def stop(run):
        if run.iteration == stop_at:
            raise Killed
        return step(run)

    monkeypatch.setattr(PaperRun, "step", stop)
    with pytest.raises(Killed):
        tiny_run.train(tiny_root, tmp_path)
    monkeypatch.setattr(PaperRun, "step", step)
    torch.rand(stop_at)  # Nothing may hang on what random numbers were drawn before.
    tiny_run.train(tiny_root, tmp_path, resume=True)
    assert_equal(files_of(tmp_path), files_of(trained[0]))


def test_a_killed_process_leaves_whole_files_and_ends_with_the_same_bits(tiny_root, trained, tmp_path):
    command = [sys.executable, "-m", "tests.core.training.paper.tiny_run", str(tiny_root), str(tmp_path)]
    lines_before_death = random.randint(3, 10)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(lines_before_death):
            process.stdout.readline()
        process.kill()
    finished = subprocess.run([*command, "--resume"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert_equal(files_of(tmp_path), files_of(trained[0]))


def test_the_best_weights_are_those_of_the_lowest_validation_error(trained):
    output, lines = trained
    with (output / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    errors = [float(row["validation_pa_mpjpe_mm"]) for row in rows]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert load_checkpoint(output / "checkpoint.pt")["best_mm"] == min(errors)
    is_last_the_best = errors.index(min(errors)) == 2
    best, last = (load_file(output / f"pare_temporal{name}.safetensors") for name in ("", "_last"))
    assert torch.equal(best["heads"], last["heads"]) is is_last_the_best
    assert (output / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert any(line.startswith("epoch 3 of 3") and "left" in line for line in lines)
    assert "backbone, per frame" in (output / "table.txt").read_text()


def test_a_run_can_be_made_longer(tiny_root, tmp_path, trained):
    short = tiny_run.tiny_preset(epochs=1)
    tiny_run.train(tiny_root, tmp_path, short)
    tiny_run.train(tiny_root, tmp_path, resume=True)
    assert_equal(files_of(tmp_path)[1:], files_of(trained[0])[1:])


def test_another_configuration_does_not_go_on_from_a_checkpoint(tiny_root, trained):
    preset = tiny_run.tiny_preset(losses=LossWeights(feature_regularisation=0.0), seed=3)
    with pytest.raises(OptionError, match=r"losses\.feature_regularisation was 60\.0, is 0\.0; seed was 0, is 3"):
        tiny_run.train(tiny_root, trained[0], preset, resume=True)


def test_a_checkpoint_is_not_written_over_by_accident(tiny_root, trained):
    with pytest.raises(OptionError, match=r"checkpoint\.pt is there already\. Add --resume"):
        tiny_run.train(tiny_root, trained[0])


@pytest.mark.parametrize("content", [b"garbage", None])
def test_a_damaged_checkpoint_is_named(tiny_root, trained, tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    if content is None:
        state = load_checkpoint(trained[0] / "checkpoint.pt")
        del state["networks"]["discriminator_adam"]
        torch.save(state, path)
    else:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"checkpoint\.pt"):
        tiny_run.train(tiny_root, tmp_path, resume=True)


def test_a_finished_run_that_is_resumed_changes_nothing(tiny_root, trained):
    before = files_of(trained[0])
    tiny_run.train(tiny_root, trained[0], resume=True)
    assert_equal(files_of(trained[0]), before)


def test_the_learning_rates_fall_where_validation_does_not_get_better(tiny_root, tmp_path, monkeypatch):
    preset = tiny_run.tiny_preset(epochs=4, epoch_iterations=1)
    preset = dataclasses.replace(preset, optimiser=dataclasses.replace(preset.optimiser, plateau_patience=1))
    scores = PaperRun._validate
    monkeypatch.setattr(PaperRun, "_validate", lambda run: dataclasses.replace(scores(run), pa_mpjpe_mm=50.0))
    tiny_run.train(tiny_root, tmp_path, preset)
    with (tmp_path / "curves.csv").open() as file:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-4, 1e-5])
    networks = load_checkpoint(tmp_path / "checkpoint.pt")["networks"]
    assert networks["discriminator_adam"]["param_groups"][0]["lr"] == pytest.approx(1e-5)


def test_no_two_steps_share_their_random_numbers():
    assert len({step_seed(seed, iteration) for seed in range(5) for iteration in range(2000)}) == 10000
