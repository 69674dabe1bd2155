"""`python -m core train --config paper`: from cached features to trained weights and the paper's table.

Needs what the user alone can have: PARE's checkpoint, the neutral SMPL file, its joint regressors, and the features
that `extract-features` made of the data sets.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ...models.pare import PareNetwork
from ...models.torch_engine import choose_device
from ...models.weights import file_sha256
from ...pare_backbone import find_checkpoint
from ...pare_temporal_weights import load_pare_temporal
from ...pare_weights import load_pare
from ...settings import Device
from ...smpl_files import load_pose_corrections, load_smpl_file
from ...whole_file import whole_file
from ..datasets.feature_cache import FeatureCache
from ..datasets.genders import require_gender
from ..evaluation.protocols import load_joint_regressor
from ..evaluation.table import write_tables
from ..output_folder import make_folder
from ..paper_preset import PaperPreset
from .clips import load_training_clips
from .extracted_parts import is_complete, load_part
from .networks import AdversarialNetworks
from .processes import Processes, join_processes
from .run import BEST_NAME, PaperRun
from .score_table import score_table, ways_of_estimating
from .scoring import TestSet
from .smpl_joints import SmplJointModel
from .smpl_surface import SmplSurface

Report = Callable[[str], None]
EXTRA_REGRESSOR: Final = "J_regressor_extra.npy"
H36M_REGRESSOR: Final = "J_regressor_h36m.npy"
TABLE_NAME: Final = "table"


@dataclass(frozen=True)
class PaperFiles:
    """What a run is made of.

    Attributes:
        cache: folder of the features' caches and of AMASS's motions.
        checkpoint: PARE's; pare_checkpoint.ckpt for Table 1, which was trained without 3DPW. None takes what the
            environment names.
        smpl: the neutral SMPL file.
        regressors: folder with J_regressor_extra.npy and J_regressor_h36m.npy.
        output: folder of checkpoints, weights, curves and tables; made if need be.
    """

    cache: Path
    checkpoint: Path | None
    smpl: Path
    regressors: Path
    output: Path


@dataclass(frozen=True)
class Backbone:
    """The frozen backbone that the features are of, with its heads."""

    network: PareNetwork
    sha256: str


def train_paper(
    preset: PaperPreset, files: PaperFiles, *, device: Device = "auto", resume: bool = False, report: Report = print
) -> None:
    """Train, and write `pare_temporal.safetensors` (the best), `_last`, `checkpoint.pt`, curves and tables.

    Under torchrun all processes share each batch, and the first one writes.

    Raises:
        MotionDataError: features or motions are missing, or the SMPL file has another gender than neutral.
        WeightsError, BodyFileError, OptionError, OutputError, EngineError: a file or an option cannot be used.
    """
    path = find_checkpoint(files.checkpoint)
    with join_processes(choose_device(device)) as processes:
        train_on(preset, files, Backbone(load_pare(path), file_sha256(path)), processes, resume=resume, report=report)


def train_on(
    preset: PaperPreset,
    files: PaperFiles,
    backbone: Backbone,
    processes: Processes,
    *,
    resume: bool = False,
    report: Report = print,
) -> None:
    """Train on the features of a loaded backbone; see `train_paper`."""
    say = report if processes.is_first else _say_nothing
    bodies = load_bodies(files, processes.device)
    cache = FeatureCache(files.cache, backbone.sha256)
    clips = load_training_clips(cache, files.cache, preset.data, preset.seed, processes)
    validation = _test_set(preset.data.validation, cache, bodies.joints, preset, processes.device)
    make_folder(files.output)
    counts = ", ".join(f"{count} clips of {name}" for name, count in clips.clip_counts.items())
    say(f"{counts}; {sum(len(run.pose_features) for run in validation.runs)} frames of {validation.part}")
    networks = AdversarialNetworks(preset, backbone.network, bodies.joints, processes)
    notes = {"backbone_sha256": backbone.sha256, "smpl_sha256": file_sha256(files.smpl)}
    run = PaperRun(networks, clips, validation, files.output, processes, say, notes, resume=resume)
    if processes.is_first:
        write_preset(preset, files.output)
    run.run()
    if processes.is_first:
        say(write_test_tables(preset, files, backbone, cache, bodies, processes.device, say))


@dataclass(frozen=True)
class Bodies:
    """The user's SMPL body, ready for losses and for scores."""

    joints: SmplJointModel
    surface: SmplSurface


def load_bodies(files: PaperFiles, device: str) -> Bodies:
    """Return the neutral SMPL body.

    Raises:
        MotionDataError: it is of another gender.
        BodyFileError: the file or a regressor is missing or none.
    """
    body, corrections = load_smpl_file(files.smpl), load_pose_corrections(files.smpl)
    require_gender(body.gender, "neutral", files.smpl, "the paper's protocol")
    extra = load_joint_regressor(files.regressors / EXTRA_REGRESSOR, 9)
    h36m = load_joint_regressor(files.regressors / H36M_REGRESSOR, 17)
    joints = SmplJointModel(body, extra, h36m, corrections, device)
    return Bodies(joints, SmplSurface(body, corrections, device))


def write_test_tables(
    preset: PaperPreset,
    files: PaperFiles,
    backbone: Backbone,
    cache: FeatureCache,
    bodies: Bodies,
    device: str,
    report: Report,
) -> str:
    """Score the best weights on the tests whose features are there, write table.txt and table.json; return the text."""
    trained = load_pare_temporal(files.output / BEST_NAME).to(device)
    ways = ways_of_estimating(backbone.network, trained, preset.data.frame_count)
    for estimator, _ in ways.values():
        estimator.to(device)
    tables = []
    for part in (preset.data.validation, *preset.data.tests):
        if is_complete(cache, part):
            test_set = _test_set(part, cache, bodies.joints, preset, device)
            tables.append(score_table(test_set, ways, bodies.surface))
        else:
            report(f"{part} has no features in {cache.folder}, so it is missing in the table.")
    header = {"weights": BEST_NAME, "backbone_sha256": backbone.sha256, "preset": asdict(preset)}
    return write_tables(tables, files.output / f"{TABLE_NAME}.txt", files.output / f"{TABLE_NAME}.json", header)


def write_preset(preset: PaperPreset, folder: Path) -> None:
    """Write all options of a run beside its results."""
    with whole_file(folder / "configuration.json") as partial:
        partial.write_text(json.dumps(asdict(preset), indent=1), encoding="utf-8")


def _test_set(part: str, cache: FeatureCache, body: SmplJointModel, preset: PaperPreset, device: str) -> TestSet:
    return TestSet(part, load_part(cache, part, preset.data), body, preset.data.frame_count, device)


def _say_nothing(_: str) -> None:
    """Take the reports of the processes that are not the first."""
