"""The command on generated motion: every table appears, it goes on where it was stopped, other settings are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import OptionError
from core.models.encoders import EncoderConfig
from core.models.landmark_lifter import LandmarkLifter, LifterConfig
from core.models.open_weights import save_weights
from core.training import ablate as command
from core.training.ablate import ablate
from core.training.ablation.settings import QUICK, AblationOptions

SETTINGS = replace(
    QUICK, iterations=4, clips=4, cached_windows=24, score_windows=6, score_frames=32,
    decomposed=EncoderConfig(hidden_size=4),
)  # fmt: skip


@pytest.fixture(scope="module")
def motions(tmp_path_factory, motion_writer):
    """Generated motion with dance in the test split."""
    splits, descriptions = ["train"] * 3 + ["val"] + ["test"] * 2, ["walk"] * 4 + ["salsa dance", "run"]
    path = tmp_path_factory.mktemp("ablation") / "motions.npz"
    return motion_writer(path, clip_split=np.array(splits), clip_desc=np.array(descriptions))


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    torch.manual_seed(0)
    lifter = LandmarkLifter(LifterConfig(32, 1))
    path = tmp_path_factory.mktemp("lifter") / "open_lifter.safetensors"
    save_weights(path, lifter.state_dict(), lifter.config, {})
    return AblationOptions("quick", path, settings=SETTINGS)


@pytest.fixture(scope="module")
def finished(motions, options, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    return folder, ablate(motions, folder, options, lambda _: None)


def test_every_table_is_there(finished):
    folder, text = finished
    for part in ("Table 2 on open data, validation split, whole tracks", "windows of T frames", "test split",
                 "Less data", "Dance against the rest, test split", "hidden joints", "Training"):  # fmt: skip
        assert part in text, part
    assert (folder / "table.txt").read_text(encoding="utf-8") == text
    content = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    assert content["runs"] == content["planned"] == 14
    assert len((folder / "log.txt").read_text().splitlines()) == 15
    assert (folder / "curves.png").stat().st_size > 1000


def test_finished_runs_are_skipped_and_a_lost_one_comes_back_the_same(finished, motions, options):
    folder, text = finished
    lost = folder / "runs" / "decomposed_reg_seed0.json"
    before = json.loads(lost.read_text())
    lost.unlink()
    said = []
    again = ablate(motions, folder, options, said.append)
    assert len(said) == 1 and "decomposed_reg_seed0" in said[0]
    after = json.loads(lost.read_text())
    assert after["scores"] == before["scores"] and after["losses"] == before["losses"]
    assert again.split("Training")[0] == text.split("Training")[0]


def test_a_kill_loses_only_the_run_in_work(motions, options, tmp_path, monkeypatch):
    real_run = command._do_run

    def killed(run, *arguments):
        if run.kind == "decomposed":
            raise KeyboardInterrupt
        return real_run(run, *arguments)

    monkeypatch.setattr(command, "_do_run", killed)
    with pytest.raises(KeyboardInterrupt):
        ablate(motions, tmp_path, options, lambda _: None)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["holistic_seed0.json", "none_seed0.json"]
    assert "holistic" in (tmp_path / "table.txt").read_text(encoding="utf-8")


def test_no_run_starts_after_the_time_is_over(motions, options, tmp_path):
    said = []
    text = ablate(motions, tmp_path, replace(options, stop_after_minutes=0.0), said.append)
    assert "lifter as it is" in text and not list((tmp_path / "runs").iterdir())
    assert "the same command goes on" in said[-1]


def test_other_settings_are_refused(finished, motions, options):
    for changed in (replace(options, iterations=9), replace(options, learning_rate=1.0)):
        with pytest.raises(OptionError, match="other settings"):
            ablate(motions, finished[0], changed, lambda _: None)


def test_full_says_first_how_long_it_takes_and_keeps_the_measured_length(motions, options, tmp_path):
    full = replace(options, mode="full", seeds=1, groups=("main",), minutes_per_run=1e-3, stop_after_minutes=0.0)
    said = []
    ablate(motions, tmp_path, full, said.append)
    assert "4 of 4 runs are left" in said[1] and "hours" in said[1]
    kept = json.loads((tmp_path / "settings.json").read_text())["settings"]["iterations"]
    assert kept >= 1
    ablate(motions, tmp_path, replace(full, minutes_per_run=5.0), said.append)
    assert json.loads((tmp_path / "settings.json").read_text())["settings"]["iterations"] == kept
