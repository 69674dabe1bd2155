"""What `train`, `extract-features` and `evaluate-features` do with their options: the preset, the files, and off."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..errors import OptionError
from .open_preset import OpenPreset
from .paper.data_folders import DataFolders
from .paper.extraction import extract_features, load_backbone
from .paper.files import PaperFiles, find_cache, find_paper_files, find_usual_checkpoint
from .paper.train_paper import evaluate_paper, train_paper
from .paper_preset import PaperPreset
from .presets import read_preset
from .train import train

Report = Callable[[str], None]

OPEN_OUTPUT: Final = Path(".dev/training")
PAPER_OUTPUT: Final = Path(".dev/training-paper")
_OPEN_ONLY: Final = ("motions", "stage", "minutes", "iterations")
_PAPER_ONLY: Final = ("data", "cache", "checkpoint", "smpl", "regressors")


def run_train(options: Namespace, report: Report) -> None:
    """Train by the preset that `--config` names.

    Raises:
        OptionError: an option that the preset has no use for, or one that it lacks; others see `train`, `train_paper`.
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
    output = options.output or OPEN_OUTPUT
    train(options.motions, output, _open_preset(preset, options), resume=options.resume, report=report)


def run_extract_features(options: Namespace, report: Report) -> None:
    """Fill the feature cache; errors as `extract_features`."""
    preset = _paper_preset(options.config)
    backbone = load_backbone(options.backbone, find_usual_checkpoint(options.data, options.checkpoint), options.device)
    folders = DataFolders(options.data, preset.data)
    extract_features(folders, find_cache(options.data, options.cache), backbone, report, options.parts)


def run_evaluate_features(options: Namespace, report: Report) -> str:
    """Return the paper's tables of trained weights; errors as `evaluate_paper`."""
    preset = _paper_preset(options.config)
    return evaluate_paper(
        preset, _paper_files(options, options.output), options.weights, device=options.device, report=report
    )


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
    """Return the preset with what the command line says; a number of iterations alone ends the training by itself."""
    named = {name: getattr(options, name) for name in ("stage", "minutes", "iterations", "seed")}
    changes = {name: value for name, value in named.items() if value is not None}
    if "iterations" in changes and "minutes" not in changes:
        changes["minutes"] = 0.0
    return replace(preset, **changes)


def _refuse(options: Namespace, names: tuple[str, ...], kind: str) -> None:
    given = [f"--{name}" for name in names if getattr(options, name) is not None]
    if given:
        raise OptionError(f"The {kind} training has no use for {', '.join(given)}.", "See --config.")
