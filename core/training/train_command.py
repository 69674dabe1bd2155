"""What `train`, `extract-features` and `evaluate-features` do with their options: the preset, the files, and off."""

import os
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..errors import OptionError
from .open_preset import OpenPreset
from .paper.data_folders import DataFolders
from .paper.extraction import extract_features, load_backbone
from .paper.files import PaperFiles, find_body_files, find_cache, find_paper_files, find_usual_checkpoint
from .paper.train_paper import evaluate_paper, train_paper
from .paper.vibe_table import VibeFiles, evaluate_vibe
from .paper_preset import PaperPreset
from .presets import read_preset
from .train import train

Report = Callable[[str], None]

OPEN_OUTPUT: Final = Path(".dev/training")
PAPER_OUTPUT: Final = Path(".dev/training-paper")
_OPEN_ONLY: Final = ("motions", "rendered", "stage", "minutes", "iterations")
_PAPER_ONLY: Final = ("data", "cache", "checkpoint", "smpl", "regressors")


def run_train(options: Namespace, report: Report) -> None:
    """Train by the preset that `--config` names.

    Raises:
        OptionError: an option that the preset has no use for, or one that it lacks, or several processes for the open
            training; others see `train`, `train_paper`.
    """
    preset = read_preset(options.config)
    if isinstance(preset, PaperPreset):
        _refuse(options, _OPEN_ONLY, "paper")
        chosen = preset if options.seed is None else replace(preset, seed=options.seed)
        files = _paper_files(options, options.output or PAPER_OUTPUT)
        train_paper(chosen, files, device=options.device, resume=options.resume, report=report)
        return
    _refuse(options, _PAPER_ONLY, "open")
    if options.motions is None:
        raise OptionError("The open training needs a motion-capture file.", "Name it by --motions.")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise OptionError("The open training runs on one processor; several GPUs are for --config paper.")
    output = options.output or OPEN_OUTPUT
    open_preset = _open_preset(preset, options)
    if open_preset.stage == "rendered" and options.rendered is None:
        raise OptionError("The stage rendered needs a file of rendered frames.", "Name it by --rendered.")
    train(options.motions, output, open_preset, rendered=options.rendered, resume=options.resume, report=report)


def run_extract_features(options: Namespace, report: Report) -> None:
    """Fill the feature cache; errors as `extract_features`."""
    preset = _paper_preset(options.config)
    backbone = load_backbone(options.backbone, find_usual_checkpoint(options.data, options.checkpoint), options.device)
    folders = DataFolders(options.data, preset.data)
    extract_features(folders, find_cache(options.data, options.cache), backbone, report, options.parts)


def run_evaluate_features(options: Namespace, report: Report) -> str:
    """Return the paper's tables of trained weights, or of VIBE's and HMR's; errors as `evaluate_paper`.

    Raises:
        OptionError: an option that these weights have no use for, or one that they lack; others see `evaluate_vibe`.
    """
    preset = _paper_preset(options.config)
    if options.weights is None:
        return _evaluate_vibe(options, preset.data.frame_count, report)
    if options.vibe_db is not None or options.without_temporal:
        raise OptionError("--vibe-db and --without-temporal are of no use with --weights.", "Name --vibe instead.")
    return evaluate_paper(
        preset, _paper_files(options, options.output), options.weights, device=options.device, report=report
    )


def _evaluate_vibe(options: Namespace, frame_count: int, report: Report) -> str:
    """Return Table 1's rows that need VIBE's database."""
    if options.vibe_db is None:
        raise OptionError("VIBE and HMR are scored on VIBE's database of features.", "Name it by --vibe-db.")
    if options.hmr is not None and options.without_temporal:
        raise OptionError("HMR has no temporal part to leave out.", "--without-temporal is for --vibe.")
    if options.cache is not None or options.checkpoint is not None:
        raise OptionError("VIBE and HMR have no use for --cache and --checkpoint, which are PARE's.")
    smpl, regressors = find_body_files(options.data, options.smpl, options.regressors)
    files = VibeFiles(options.vibe_db, smpl, regressors, options.output, options.vibe, options.hmr)
    has_temporal = not options.without_temporal
    return evaluate_vibe(files, frame_count, has_temporal=has_temporal, device=options.device, report=report)


def _paper_preset(config: str) -> PaperPreset:
    preset = read_preset(config)
    if not isinstance(preset, PaperPreset):
        raise OptionError(f"The configuration {config} is not of the paper's training.")
    return preset


def _paper_files(options: Namespace, output: Path) -> PaperFiles:
    return find_paper_files(
        output,
        options.data,
        cache=options.cache,
        checkpoint=options.checkpoint,
        smpl=options.smpl,
        regressors=options.regressors,
    )


def _open_preset(preset: OpenPreset, options: Namespace) -> OpenPreset:
    """Return the preset with what the command line says; a number of iterations alone takes the place of minutes."""
    named = {name: getattr(options, name) for name in ("stage", "minutes", "iterations", "seed")}
    changes = {name: value for name, value in named.items() if value is not None}
    if "iterations" in changes and "minutes" not in changes:
        changes["minutes"] = 0.0
    return replace(preset, **changes)


def _refuse(options: Namespace, names: tuple[str, ...], kind: str) -> None:
    given = [f"--{name}" for name in names if getattr(options, name) is not None]
    if given:
        raise OptionError(f"The {kind} training has no use for {', '.join(given)}.", "See --config.")
