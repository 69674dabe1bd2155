"""`python -m core train --motions FILE`: trains the open estimator's stages, one after the other, resumably.

The weight files appear in the output folder and are written again every few minutes, so usable ones exist
at any time.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from ..body_file import load_body_file, open_body_path
from ..errors import OptionError, WeightsError
from ..models.landmark_lifter import LandmarkLifter
from ..models.open_weights import load_lifter
from ..models.weights import file_sha256
from .clips import MotionLibrary, load_motion_library
from .motion_files import merge_motion_libraries
from .open_preset import STAGES, OpenPreset
from .output_folder import make_folder
from .rendered_frames import load_rendered_frames
from .schedule import Budget, load_checkpoint
from .stage import LIFTER_WEIGHTS_NAME, StageContext, checkpoint_path
from .torch_body import TorchBody
from .train_contacts import ContactTraining
from .train_lifter import LifterTraining
from .train_rendered import RenderedTraining
from .train_temporal import TemporalTraining


def train(
    motions: Sequence[Path],
    output: Path,
    preset: OpenPreset | None = None,
    *,
    rendered: Path | None = None,
    resume: bool = False,
    report: Callable[[str], None] = print,
) -> None:
    """Train and write the weight files of all stages to a folder that is made if need be.

    Args:
        motions: motion-capture npz files; their layout is in core/training/clips.py.
        rendered: frames of rendered people (`prepare rendered`); without them stage `rendered` is left out.
        preset: all numbers; None for those of the shipped weights.
        resume: go on from the checkpoints in the output folder where there are any.
    Raises:
        MotionDataError: a motion file cannot be used.
        OptionError: there is a checkpoint and `resume` was not asked for, or it was made with other options or data.
        OutputError: the folder cannot be made.
        WeightsError: stage `temporal` without a lifter, or a checkpoint that cannot be read.
    """
    # One thread is as fast as two for networks of this size, and leaves a core for the user.
    torch.set_num_threads(1)
    preset = preset or OpenPreset()
    stages = STAGES if preset.stage == "all" else (preset.stage,)
    make_folder(output)
    if not resume:
        # Before any work, as the second stage would find out half an hour later.
        _refuse_checkpoints(output, stages)
    library = merge_motion_libraries([load_motion_library(path) for path in motions])
    frames = load_rendered_frames(rendered) if rendered is not None else None
    body = TorchBody(load_body_file(open_body_path()))
    data_sha256 = " ".join(file_sha256(path) for path in motions)
    header = {**_header(motions, library, preset), "data_sha256": data_sha256}

    def context(stage: str) -> StageContext:
        budget, made_of = stage_budget(preset, stage), {"motions_sha256": data_sha256}
        return StageContext(library, body, output, budget, resume, report, preset, header=header, made_of=made_of)

    if "lifter" in stages:
        LifterTraining(context("lifter")).run()

    def rendered_context(stage: str) -> StageContext:
        made = context(stage)
        hashes = {"rendered_sha256": file_sha256(rendered)} if rendered is not None else {}
        return replace(made, made_of={**made.made_of, **hashes})

    if "rendered" in stages and frames is not None:
        RenderedTraining(rendered_context("rendered"), _lifter_of_stage_1(output), frames).run()
    if "temporal" in stages:
        # The stored float16 weights are the ones that ship, so those are what the second stage builds on.
        TemporalTraining(rendered_context("temporal"), _finished_lifter(output), frames).run()
    if "contacts" in stages:
        ContactTraining(context("contacts")).run()


def _refuse_checkpoints(output: Path, stages: tuple[str, ...]) -> None:
    """Raise OptionError where a stage has a checkpoint, which a new run would overwrite."""
    for path in (checkpoint_path(output, stage) for stage in stages):
        if path.exists():
            raise OptionError(f"{path} is there already.", "Add --resume to go on from it, or choose another folder.")


def stage_budget(preset: OpenPreset, stage: str) -> Budget:
    """Return a stage's length: its share of the minutes, the number for each stage, or else its own number."""
    # The other stages take minutes where these two take an hour; their length is their own.
    shares = {"lifter": preset.lifter_share, "temporal": 1 - preset.lifter_share}
    minutes = preset.minutes * (shares.get(stage, 0.0) if preset.stage == "all" else 1.0)
    own_iterations = 0 if minutes else getattr(preset, stage).iterations
    return Budget(minutes or None, preset.iterations or own_iterations or None)


def _lifter_of_stage_1(output: Path) -> LandmarkLifter:
    """Return the lifter as stage 1 left it, out of its checkpoint: its weight file is stage 1b's by and by."""
    path = checkpoint_path(output, "lifter")
    if not path.exists():
        raise WeightsError(f"{path} does not exist.", "Train the stage lifter first.")
    network = LandmarkLifter()
    network.load_state_dict(load_checkpoint(path)["average"])
    return network


def _finished_lifter(output: Path) -> LandmarkLifter:
    """Return the lifter in the output folder."""
    path = output / LIFTER_WEIGHTS_NAME
    if not path.exists():
        raise WeightsError(f"{path} does not exist.", "Train the stage lifter first.")
    return load_lifter(path)


def _header(motions: Sequence[Path], library: MotionLibrary, preset: OpenPreset) -> dict[str, str]:
    """Return what the weight files say about how they were made."""
    lengths = {"minutes": preset.minutes, "iterations": preset.iterations}
    length = "".join(f" --{name} {value}" for name, value in lengths.items() if value)
    stage, seed, names = preset.stage, preset.seed, " ".join(path.name for path in motions)
    return {
        "command": f"python -m core train --motions {names} --stage {stage}{length} --seed {seed}",
        "preset": json.dumps(asdict(preset)),
        "seed": str(preset.seed),
        "data": names,
        "data_licence": library.licence,
        "licence": "GPL-3.0-or-later, as the rest of Jointwise",
        "torch": torch.__version__,
    }
