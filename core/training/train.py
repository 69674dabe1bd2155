"""`python -m core train --motions FILE`: trains the open estimator's two stages, one after the other, resumably.

The weight files appear in the output folder and are written again every few minutes, so a usable pair exists
at any time.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from ..body_file import load_body_file, open_body_path
from ..errors import WeightsError
from ..models.landmark_lifter import LandmarkLifter
from ..models.open_weights import load_lifter
from .clips import MotionLibrary, load_motion_library
from .open_preset import OpenPreset
from .output_folder import make_folder
from .schedule import Budget
from .stage import LIFTER_WEIGHTS_NAME, StageContext
from .torch_body import TorchBody
from .train_lifter import LifterTraining
from .train_temporal import TemporalTraining


def train(
    motions: Path,
    output: Path,
    preset: OpenPreset | None = None,
    *,
    resume: bool = False,
    report: Callable[[str], None] = print,
) -> None:
    """Train and write `open_lifter.safetensors` and `open_temporal.safetensors` to a folder that is made if need be.

    Args:
        motions: a motion-capture npz; its layout is in core/training/clips.py.
        preset: all numbers; None for those of the shipped weights.
        resume: go on from the checkpoints in the output folder where there are any.
    Raises:
        MotionDataError: the motion file cannot be used.
        OutputError: the folder cannot be made.
        WeightsError: stage `temporal` without a lifter, or a checkpoint that cannot be read.
    """
    # One thread is as fast as two for networks of this size, and leaves a core for the user.
    torch.set_num_threads(1)
    preset = preset or OpenPreset()
    make_folder(output)
    library = load_motion_library(motions)
    body = TorchBody(load_body_file(open_body_path()))
    header = _header(motions, library, preset)

    def context(share: float) -> StageContext:
        budget = Budget(preset.minutes * share or None, preset.iterations or None)
        return StageContext(library, body, output, budget, resume, report, preset, header=header)

    if preset.stage in ("all", "lifter"):
        LifterTraining(context(preset.lifter_share if preset.stage == "all" else 1.0)).run()
    if preset.stage in ("all", "temporal"):
        share = 1 - preset.lifter_share if preset.stage == "all" else 1.0
        # The stored float16 weights are the ones that ship, so those are what the second stage builds on.
        TemporalTraining(context(share), _finished_lifter(output)).run()


def _finished_lifter(output: Path) -> LandmarkLifter:
    """Return the lifter in the output folder."""
    path = output / LIFTER_WEIGHTS_NAME
    if not path.exists():
        raise WeightsError(f"{path} does not exist.", "Train the stage lifter first.")
    return load_lifter(path)


def _header(motions: Path, library: MotionLibrary, preset: OpenPreset) -> dict[str, str]:
    """Return what the weight files say about how they were made."""
    length = f"--minutes {preset.minutes:g}"
    if preset.iterations:
        length += f" --iterations {preset.iterations}"
    with motions.open("rb") as file:
        data_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    stage, seed = preset.stage, preset.seed
    return {
        "command": f"python -m core train --motions {motions.name} --stage {stage} {length} --seed {seed}",
        "preset": json.dumps(asdict(preset)),
        "seed": str(preset.seed),
        "data": motions.name,
        "data_sha256": data_sha256,
        "data_licence": library.licence,
        "licence": "GPL-3.0-or-later, as the rest of Jointwise",
        "torch": torch.__version__,
    }
