"""One training run in a folder: epochs, validation, checkpoints that resume bit by bit, the best weights, curves."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from ...errors import OptionError, WeightsError
from ...pare_temporal_weights import save_pare_temporal
from ..evaluation.metrics import PointScores
from ..history import History
from ..schedule import load_checkpoint, save_checkpoint
from ..time_left import TimeLeft
from .clips import TrainingClips
from .networks import AdversarialNetworks
from .processes import Processes
from .scoring import TestSet

Report = Callable[[str], None]

CHECKPOINT_NAME: Final = "checkpoint.pt"
BEST_NAME: Final = "pare_temporal.safetensors"
LAST_NAME: Final = "pare_temporal_last.safetensors"
CURVES_STEM: Final = "curves"
REPORT_ITERATIONS: Final = 50
PANELS: Final = {
    "validation error [mm]": ("validation_pa_mpjpe_mm", "validation_mpjpe_mm"),
    "validation acceleration [mm/frame^2]": ("validation_acc", "validation_acc_error", "validation_true_acc"),
    "losses, not weighted": (
        "keypoint3d", "keypoint2d", "pose", "betas", "feature_regularisation", "adversarial", "discriminator",
    ),
    "learning rate": ("learning_rate",),
}  # fmt: skip
"""Of the curves."""
MAY_CHANGE: Final = ("epochs", "checkpoint_iterations")
"""Fields that a run may be resumed with another value of."""


class PaperRun:
    """A run of the paper's training.

    There is no state of random numbers to keep: every step seeds them with the run's seed and the step's number.

    Args:
        networks: in training.
        clips: what is trained on.
        validation: decides the learning rate and the best weights.
        folder: where checkpoints, weights and curves go.
        processes: the first one writes and reports.
        notes: of what the run is made; the weight files say it, and a run is not resumed with others.
        resume: go on from the checkpoint in the folder where there is one.
    Raises:
        OptionError: the checkpoint was made with another configuration, or there is one and `resume` was not asked for.
        WeightsError: the checkpoint cannot be read.
    """

    def __init__(
        self,
        networks: AdversarialNetworks,
        clips: TrainingClips,
        validation: TestSet,
        folder: Path,
        processes: Processes,
        report: Report,
        notes: Mapping[str, str],
        *,
        resume: bool = False,
    ) -> None:
        self.networks, self.preset, self.folder = networks, networks.preset, folder
        self._clips, self._validation, self._processes = clips, validation, processes
        self._report, self._notes = report, dict(notes)
        self.iteration, self.best_mm, self.history = 0, math.inf, History("epoch", PANELS)
        path = folder / CHECKPOINT_NAME
        if path.is_file():
            if not resume:
                raise OptionError(f"{path} is there already.", "Add --resume to go on from it, or choose a new folder.")
            self._restore(path)

    def run(self) -> None:
        """Train to the end."""
        total = self.preset.epochs * self.preset.epoch_iterations
        time_left = TimeLeft(total)
        time_left.skip(self.iteration)
        while self.iteration < total:
            losses = self.step()
            time_left.add(1)
            if self.iteration % REPORT_ITERATIONS == 0:
                self._report(f"{self._place()}: {_losses_text(losses)}; {time_left.text()}")
            ends_epoch = self.iteration % self.preset.epoch_iterations == 0
            if ends_epoch:
                self._report(f"{self._end_epoch()}; {time_left.text()}")
            if ends_epoch or self.iteration % self.preset.checkpoint_iterations == 0:
                self.save()

    def step(self) -> dict[str, float]:
        """Take one step of the estimator and, at its interval, one of the discriminator; return the losses."""
        iteration, interval = self.iteration, self.preset.discriminator.interval
        torch.manual_seed(step_seed(self.preset.seed, iteration))
        losses, body_pose = self.networks.estimator_step(self._clips.batch(iteration))
        if self.preset.losses.adversarial and iteration % interval == 0:
            real = self._clips.real_motions(iteration // interval)
            losses["discriminator"] = self.networks.discriminator_step(real, body_pose)
        whole = self._processes.sum(torch.stack(list(losses.values())))
        values = dict(zip(losses, whole.tolist(), strict=True))
        self.history.add(values)
        self.iteration += 1
        return values

    def save(self) -> None:
        """Write the last weights and the resumable state, each whole or not at all."""
        if not self._processes.is_first:
            return
        self._save_weights(LAST_NAME)
        state = {
            "iteration": self.iteration,
            "best_mm": self.best_mm,
            "history": self.history.state(),
            "networks": self.networks.state(),
            "configuration": json.dumps(self._configuration()),
        }
        save_checkpoint(self.folder / CHECKPOINT_NAME, state)

    def _end_epoch(self) -> str:
        """Validate, keep the best, lower the learning rates where it does not get better; return a sentence."""
        scores = self._validate()
        # Every process must follow the same number, to the last bit.
        error_mm = self._processes.from_first(scores.pa_mpjpe_mm)
        validated = {f"validation_{name}": value for name, value in asdict(scores).items()}
        epoch = self.iteration // self.preset.epoch_iterations
        self.history.close_row(epoch, {"learning_rate": self.networks.learning_rate, **validated})
        is_best = error_mm < self.best_mm
        self.best_mm = min(error_mm, self.best_mm)
        self.networks.follow_plateau(error_mm)
        if self._processes.is_first:
            self.history.write(self.folder / CURVES_STEM, self._report)
            if is_best:
                self._save_weights(BEST_NAME)
        return (
            f"epoch {epoch} of {self.preset.epochs}: {self._validation.part} PA-MPJPE {error_mm:.1f} "
            f"MPJPE {scores.mpjpe_mm:.1f} mm, ACC {scores.acc:.1f} ACC ERR {scores.acc_error:.1f} mm/frame^2"
            f"{', the best so far' if is_best else ''}"
        )

    def _validate(self) -> PointScores:
        """Return the scores in windows of T frames, as the paper estimates."""
        estimator = self.networks.estimator.eval()
        scores = self._validation.scores(estimator, self.preset.data.frame_count)
        estimator.train()
        return scores

    def _save_weights(self, name: str) -> None:
        notes = {**self._notes, "iterations": str(self.iteration), "torch": torch.__version__}
        save_pare_temporal(self.folder / name, self.networks.estimator, notes)

    def _restore(self, path: Path) -> None:
        content = load_checkpoint(path)
        try:
            check_same(json.loads(content["configuration"]), self._configuration(), path)
            self.networks.load_state(content["networks"])
            self.history.load_state(content["history"])
            self.iteration, self.best_mm = content["iteration"], content["best_mm"]
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            raise WeightsError(f"{path} is no checkpoint of this training ({error}).") from error
        self._report(f"goes on from {self._place()}")

    def _configuration(self) -> dict[str, Any]:
        return {**asdict(self.preset), "made_of": self._notes}

    def _place(self) -> str:
        epoch, inner = divmod(self.iteration, self.preset.epoch_iterations)
        return f"epoch {epoch + 1}, iteration {inner} of {self.preset.epoch_iterations}"


def step_seed(seed: int, iteration: int) -> int:
    """Return the seed of one step's random numbers."""
    return (seed * 1_000_003 + iteration) % 2**63


def check_same(made_with: Mapping[str, Any], wanted: Mapping[str, Any], path: Path) -> None:
    """Raise OptionError, naming the fields, where a checkpoint was made with another configuration."""
    before, now = _flat(made_with), _flat(json.loads(json.dumps(wanted)))
    differing = [name for name in before | now if before.get(name) != now.get(name) and name not in MAY_CHANGE]
    if differing:
        changes = "; ".join(f"{name} was {before.get(name)!r}, is {now.get(name)!r}" for name in differing)
        raise OptionError(f"{path} was made with another configuration: {changes}.")


def _flat(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in options.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _losses_text(losses: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.4f}" for name, value in losses.items())
