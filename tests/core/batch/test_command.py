from pathlib import Path

import pytest

from core.batch.command import read_settings
from core.batch.settings import RaySettings
from core.command_line import _build_parser, main
from core.errors import OptionError
from core.settings import EstimateSettings


def read(*arguments):
    return read_settings(_build_parser().parse_args(["batch", *map(str, arguments)]))


def test_the_defaults_are_those_of_estimate(tmp_path):
    settings = read(tmp_path)
    assert settings.folder == tmp_path
    assert settings.output == tmp_path / "motions"
    assert (settings.jobs, settings.is_recursive, settings.has_overlays, settings.ray) == (1, False, False, None)
    made = EstimateSettings(video=Path("a"), output=Path("b"), **settings.estimate)
    assert made == EstimateSettings(video=Path("a"), output=Path("b"))


def test_every_option_of_estimate_but_its_files_is_one_of_batch(tmp_path):
    fields = set(EstimateSettings.__dataclass_fields__) - {"video", "output", "overlay"}
    assert set(read(tmp_path).estimate) == fields


def test_paths_become_absolute_because_other_processes_open_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read("videos", "--output", "out", "--smpl", "body.npz")
    assert (settings.folder, settings.output) == (tmp_path / "videos", tmp_path / "out")
    assert settings.estimate["smpl"] == tmp_path / "body.npz"


def test_ray_takes_its_options(tmp_path):
    settings = read(tmp_path, "--ray", "head:6379", "--ray-cpus", 4, "--ray-gpus", 0.5, "--ray-retries", 1)
    assert settings.ray == RaySettings("head:6379", 4.0, 0.5, 1)


@pytest.mark.parametrize(
    "options", [["--ray-cpus", 0], ["--ray-gpus", -1], ["--ray-retries", -1], ["--ray-cpus", "nan"]]
)
def test_resources_that_cannot_be_are_refused(tmp_path, options):
    with pytest.raises(OptionError, match="--ray-cpus must be more than 0"):
        read(tmp_path, "--ray", "auto", *options)


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_jobs_are_counted_from_one(tmp_path, jobs, capsys):
    assert main(["batch", str(tmp_path), "--jobs", jobs]) == 2
    assert "whole number from 1" in capsys.readouterr().err
