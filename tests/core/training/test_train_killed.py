"""The real process of the open training, killed in both stages and resumed, ends with the bits of one left alone."""

import random
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from core.training.presets import read_preset
from core.training.schedule import Budget, load_checkpoint
from core.training.stage import StageContext
from core.training.train_lifter import LifterTraining

STAGES = ("lifter", "temporal", "contacts")
ROOT = Path(__file__).parents[3]
ITERATIONS = 12
CHECKPOINT_STEPS = 2.5
CONFIGURATION = """
preset = "open"
save_every_s = {save_every_s}
[lifter]
iterations = {iterations}
batch_frames = 8
warmup_iterations = 3
[temporal]
iterations = {iterations}
batch_windows = 2
window_frames = 6
warmup_iterations = 2
discriminator_warmup = 3
[contacts]
iterations = {iterations}
batch_windows = 2
window_frames = 12
warmup_iterations = 2
"""


def command(motion_file, folder, save_every_s):
    folder.mkdir(exist_ok=True)
    config = folder / "run.toml"
    config.write_text(CONFIGURATION.format(save_every_s=save_every_s, iterations=ITERATIONS))
    options = ("--config", config, "--motions", motion_file, "--output", folder)
    return [sys.executable, "-m", "core", "train", *map(str, options)]


def checkpoint_interval_s(library, torch_body, folder):
    """Seconds that some steps take on this machine: checkpoints are sparse then, and the stage goes on after them."""
    folder.mkdir()
    (folder / "run.toml").write_text(CONFIGURATION.format(save_every_s=1000, iterations=ITERATIONS))
    budget, preset = Budget(iterations=ITERATIONS), read_preset(str(folder / "run.toml"))
    training = LifterTraining(StageContext(library, torch_body, folder, budget, False, print, preset))
    durations_s = []
    for _ in range(5):
        started_s = time.monotonic()
        training.step()
        durations_s.append(time.monotonic() - started_s)
    return min(durations_s) * CHECKPOINT_STEPS


def kill_after_a_checkpoint(arguments, stage, longest_s):
    """Start the training and end it by SIGKILL at a random moment after the stage's first checkpoint; its output."""
    said = []
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            said.append(line)
            if line.startswith(f"{stage} ") and "iteration" in line:
                break
        time.sleep(random.uniform(0, longest_s))
        process.kill()
    return "".join(said)


def state_of(folder, stage):
    state = load_checkpoint(folder / f"{stage}_checkpoint.pt")
    parts = {name: part for name, part in state["parts"].items() if "optimizer" not in name}
    moments = {name: part["state"] for name, part in state["parts"].items() if "optimizer" in name}
    return {"average": state["average"], "random": state["random"]["torch"], **parts, **moments}


def assert_equal(one, two, place=""):
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for name in one:
            assert_equal(one[name], two[name], f"{place}/{name}")
    else:
        assert torch.equal(one, two), place


def test_a_killed_process_ends_with_the_same_bits(motion_file, library, torch_body, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    interval_s = checkpoint_interval_s(library, torch_body, tmp_path / "trial")
    subprocess.run(command(motion_file, whole, 1000), cwd=ROOT, check=True, capture_output=True)
    arguments = command(motion_file, killed, interval_s)
    for stage in STAGES:
        said = kill_after_a_checkpoint(arguments, stage, interval_s)
        path = killed / f"{stage}_checkpoint.pt"
        assert path.exists(), said
        assert 0 < load_checkpoint(path)["iteration"] < ITERATIONS, said
        arguments = [*command(motion_file, killed, interval_s if stage != STAGES[-1] else 1000), "--resume"]
    subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True)
    for stage in STAGES:
        assert_equal(state_of(killed, stage), state_of(whole, stage), stage)
        name = f"open_{stage}.safetensors"
        assert_equal(load_file(killed / name), load_file(whole / name), name)
