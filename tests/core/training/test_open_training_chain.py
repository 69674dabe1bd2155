"""From recordings in CMU's layouts to the benchmark's table, each step a process of its own, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.training.prepare.recordings import AsfAmcFiles, BvhFiles

ROOT = Path(__file__).parents[3]
CONFIGURATION = """
preset = "open"
[lifter]
iterations = 2
batch_frames = 8
[temporal]
iterations = 1
batch_windows = 2
window_frames = 6
[contacts]
iterations = 1
batch_windows = 2
window_frames = 12
"""


@pytest.fixture
def recordings(tmp_path):
    """AMC of a subject of the validation split and a BVH of one of the training split, four seconds each and more."""
    folder = tmp_path / "cmu"
    (folder / "03").mkdir(parents=True)
    asf_amc, bvh = AsfAmcFiles(), BvhFiles()
    asf_amc.write_asf(folder / "03" / "03.asf")
    asf_amc.write_amc(folder / "03" / "03_01.amc", asf_amc.motion(480, seed=3))
    bvh.write(folder / "60_01.bvh", "mb", *bvh.motion("mb", 300))
    return folder


def run(*arguments):
    command = [sys.executable, "-m", "core", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_recordings_become_a_table(recordings, tmp_path):
    motions, weights, config = tmp_path / "motions.npz", tmp_path / "weights", tmp_path / "run.toml"
    config.write_text(CONFIGURATION)
    run("prepare", "cmu", recordings, "--output", motions)
    said = run("train", "--config", config, "--motions", motions, "--output", weights).stderr
    assert "done: lifter" in said and "iteration 2:" in said
    assert "done: temporal" in said and "iteration 1:" in said
    table = run("evaluate", "--motions", motions, "--weights", weights, "--output", tmp_path / "table.json").stdout
    for row in ("raw landmarks", "lifter", "lifter + GRUs", "Root:"):
        assert row in table
    rows = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert len(rows) == 10 and "nan" not in table
