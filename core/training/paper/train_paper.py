"""`python -m core train --config paper`: from cached features to trained weights and the paper's tables.

Needs what the user alone can have: PARE's checkpoint, the neutral SMPL file, its joint regressors, and the features
that `extract-features` made of the data sets.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ...models.pare import PareNetwork
from ...models.torch_engine import choose_device
from ...models.weights import file_sha256
from ...pare_backbone import find_checkpoint
from ...pare_weights import load_pare
from ...settings import Device
from ...whole_file import whole_file
from ..datasets.feature_cache import FeatureCache
from ..output_folder import make_folder
from ..paper_preset import PaperPreset
from .bodies import Bodies, read_bodies
from .clips import load_training_clips
from .extracted_parts import load_part
from .files import PaperFiles
from .networks import AdversarialNetworks
from .processes import Processes, join_processes
from .run import BEST_NAME, PaperRun
from .score_table import write_score_tables
from .scoring import TestSet

Report = Callable[[str], None]


@dataclass(frozen=True)
class Backbone:
    """The frozen backbone that the features are of, with its heads."""

    network: PareNetwork
    sha256: str


def train_paper(
    preset: PaperPreset, files: PaperFiles, *, device: Device = "auto", resume: bool = False, report: Report = print
) -> None:
    """Train, and write `pare_temporal.safetensors` (the best), `_last`, `checkpoint.pt`, curves, tables and Fig. 3.

    Under torchrun all processes share each batch, and the first one writes.

    Raises:
        MotionDataError: features or motions are missing, or the SMPL file has another gender than neutral.
        WeightsError, BodyFileError, OptionError, OutputError, EngineError: a file or an option cannot be used.
    """
    backbone = load_backbone(files)
    with join_processes(choose_device(device)) as processes:
        train_on(preset, files, backbone, processes, resume=resume, report=report)
    # The others are gone by now: scoring takes minutes, in which they would only wait.
    if processes.is_first:
        report(score_on(preset, files, backbone, files.output / BEST_NAME, processes.device, report))


def evaluate_paper(
    preset: PaperPreset, files: PaperFiles, weights: Path, *, device: Device = "auto", report: Report = print
) -> str:
    """Write the tables of trained weights on the features that are there; return their text.

    Raises: as `train_paper`.
    """
    make_folder(files.output)
    chosen = choose_device(device)
    return score_on(preset, files, load_backbone(files), weights, chosen, report)


def load_backbone(files: PaperFiles) -> Backbone:
    """Return PARE; WeightsError where it cannot be read."""
    path = find_checkpoint(files.checkpoint)
    return Backbone(load_pare(path), file_sha256(path))


def train_on(
    preset: PaperPreset,
    files: PaperFiles,
    backbone: Backbone,
    processes: Processes,
    *,
    resume: bool = False,
    report: Report = print,
) -> None:
    """Train on the features of a loaded backbone, up to the weights; see `train_paper`."""
    say = report if processes.is_first else _say_nothing
    joints = load_bodies(files, processes.device).joints
    cache = FeatureCache(files.cache, backbone.sha256)
    clips = load_training_clips(cache, files.cache, preset.data, preset.seed, processes)
    part = preset.data.validation
    validation = TestSet(part, load_part(cache, part, preset.data), joints, preset.data.frame_count, processes.device)
    make_folder(files.output)
    counts = ", ".join(f"{count} clips of {name}" for name, count in clips.clip_counts.items())
    say(f"{counts}; {validation.frame_count} frames of {part}")
    networks = AdversarialNetworks(preset, backbone.network, joints, processes)
    notes = {"backbone_sha256": backbone.sha256, "smpl_sha256": file_sha256(files.smpl)}
    run = PaperRun(networks, clips, validation, files.output, processes, say, notes, resume=resume)
    if processes.is_first:
        _write_preset(preset, files)
    run.run()


def score_on(
    preset: PaperPreset, files: PaperFiles, backbone: Backbone, weights: Path, device: str, report: Report
) -> str:
    """Write the tables of trained weights on the features of a loaded backbone; return their text."""
    bodies = load_bodies(files, device)
    cache = FeatureCache(files.cache, backbone.sha256)
    return write_score_tables(preset.data, cache, backbone.network, weights, bodies, files.output, device, report)


def load_bodies(files: PaperFiles, device: str) -> Bodies:
    """Return the neutral SMPL body; errors as `read_bodies`."""
    return read_bodies(files.smpl, files.regressors, device)


def _write_preset(preset: PaperPreset, files: PaperFiles) -> None:
    """Write all options of a run beside its results."""
    with whole_file(files.output / "configuration.json") as partial:
        partial.write_text(json.dumps(asdict(preset), indent=1), encoding="utf-8")


def _say_nothing(_: str) -> None:
    """Take the reports of the processes that are not the first."""
