"""`python -m core train --motions FILE`: trains the open estimator's two stages, one after the other, resumably.

The weight files appear in the output folder and are written again every few minutes, so a usable pair exists
at any time.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch

from ..body_file import load_body_file, open_body_path
from ..errors import OutputError, WeightsError
from ..models.landmark_lifter import LandmarkLifter
from ..models.open_weights import load_lifter
from ..models.temporal_encoder import TemporalConfig
from .clips import MotionLibrary, load_motion_library
from .schedule import Budget
from .stage import LIFTER_WEIGHTS_NAME, StageContext
from .torch_body import TorchBody
from .train_lifter import LifterTraining
from .train_temporal import TemporalTraining

Stage = Literal["all", "lifter", "temporal"]
LIFTER_SHARE = 0.5
"""Of the minutes of both stages."""


def train(
    motions: Path,
    output: Path,
    *,
    stage: Stage = "all",
    minutes: float | None = 56.0,
    iterations: int | None = None,
    seed: int = 0,
    resume: bool = False,
    report: Callable[[str], None] = print,
    temporal: TemporalConfig | None = None,
) -> None:
    """Train and write `open_lifter.safetensors` and `open_temporal.safetensors` to a folder that is made if need be.

    Args:
        motions: a motion-capture npz; its layout is in core/training/clips.py.
        stage: `temporal` takes the lifter that is in the output folder.
        minutes: wall time of the chosen stages together; None for no limit.
        iterations: optimiser steps of each stage at most; None for no limit.
        resume: go on from the checkpoints in the output folder where there are any.
        temporal: options of the temporal encoder; None for the shipped ones.
    Raises:
        MotionDataError: the motion file cannot be used.
        OutputError: the folder cannot be made.
        WeightsError: stage `temporal` without a lifter, or a checkpoint that cannot be read.
    """
    # One thread is as fast as two for networks of this size, and leaves a core for the user.
    torch.set_num_threads(1)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {output} cannot be made ({error.strerror}).") from error
    library = load_motion_library(motions)
    body = TorchBody(load_body_file(open_body_path()))
    header = _header(motions, library, seed, minutes, iterations, stage)

    def context(share: float) -> StageContext:
        budget = Budget(minutes * share if minutes else None, iterations)
        return StageContext(library, body, output, budget, seed, resume, report, header=header)

    if stage in ("all", "lifter"):
        LifterTraining(context(LIFTER_SHARE if stage == "all" else 1.0)).run()
    if stage in ("all", "temporal"):
        share = 1 - LIFTER_SHARE if stage == "all" else 1.0
        # The stored float16 weights are the ones that ship, so those are what the second stage builds on.
        lifter = _finished_lifter(output)
        TemporalTraining(context(share), lifter, temporal).run()


def _finished_lifter(output: Path) -> LandmarkLifter:
    """Return the lifter in the output folder."""
    path = output / LIFTER_WEIGHTS_NAME
    if not path.exists():
        raise WeightsError(f"{path} does not exist.", "Train the stage lifter first.")
    return load_lifter(path)


def _header(
    motions: Path, library: MotionLibrary, seed: int, minutes: float | None, iterations: int | None, stage: Stage
) -> dict[str, str]:
    """Return what the weight files say about how they were made."""
    length = f"--minutes {minutes:g}" if minutes else f"--iterations {iterations}"
    with motions.open("rb") as file:
        data_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "command": f"python -m core train --motions {motions.name} --stage {stage} {length} --seed {seed}",
        "seed": str(seed),
        "data": motions.name,
        "data_sha256": data_sha256,
        "data_licence": library.licence,
        "licence": "GPL-3.0-or-later, as the rest of Jointwise",
        "torch": torch.__version__,
    }
