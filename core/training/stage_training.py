"""The loop of both stages of the open estimator: steps until the budget is spent, checkpoints, validation, curves."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from ..errors import WeightsError
from .history import History, Panels
from .schedule import Progress, WeightAverage, load_checkpoint, save_checkpoint
from .stage import StageContext, ViewSource
from .time_left import duration_text


class Stateful(Protocol):
    """A network or an optimiser."""

    def state_dict(self) -> Any:
        """Return all that changes in training."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Take it back."""


class StageTraining(ABC):
    """One stage. A run that ends by iterations goes on after an interruption as if there had been none, bit by bit.

    Args:
        name: of the stage; its checkpoint and its curves are called after it.
        seed: of the simulated views.
    """

    def __init__(self, context: StageContext, name: str, network: nn.Module, seed: int, panels: Panels) -> None:
        self.context, self.name = context, name
        self.progress = Progress(context.budget)
        self.average = WeightAverage(network)
        self.history = History("iteration", panels)
        self.source = ViewSource(context, "train", seed)

    @property
    def checkpoint_path(self) -> Path:
        """Where the resumable state lies."""
        return self.context.output / f"{self.name}_checkpoint.pt"

    @property
    def resumes(self) -> bool:
        """Whether there is a state to go on from, and it was asked for."""
        return self.context.resume and self.checkpoint_path.exists()

    def run(self) -> None:
        """Train until the budget is spent."""
        saved_at_s = self.progress.elapsed_s
        while self.progress.fraction < 1.0:
            self.history.add(self.step())
            if self.progress.elapsed_s - saved_at_s > self.context.save_every_s:
                saved_at_s = self.progress.elapsed_s
                self.context.report(self._save_and_validate())
        self.context.report(f"done: {self._save_and_validate()}")

    @abstractmethod
    def step(self) -> dict[str, float]:
        """Take one optimiser step; return its losses."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Return the averaged network's errors; must not touch the stream of random numbers."""

    @abstractmethod
    def save_weights(self) -> None:
        """Write the averaged weights."""

    @abstractmethod
    def parts(self) -> Mapping[str, Stateful]:
        """Return the networks and optimisers by name."""

    def save(self) -> None:
        """Write the weight file and the resumable state."""
        self.save_weights()
        state = {
            "iteration": self.progress.iteration,
            "elapsed_s": self.progress.elapsed_s,
            "average": self.average.state,
            "history": self.history.state(),
            "random": {"torch": torch.get_rng_state(), **self.source.state()},
            "parts": {name: part.state_dict() for name, part in self.parts().items()},
        }
        save_checkpoint(self.checkpoint_path, state)

    def restore(self) -> None:
        """Go on from the checkpoint.

        Raises:
            WeightsError: it cannot be read, or is of something else.
        """
        state = load_checkpoint(self.checkpoint_path)
        try:
            for name, part in self.parts().items():
                part.load_state_dict(state["parts"][name])
            self.average.state = state["average"]
            self.history.load_state(state["history"])
            self.progress = Progress(self.context.budget, state["iteration"], state["elapsed_s"])
            self.source.load_state(state["random"])
            torch.set_rng_state(state["random"]["torch"])
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            raise WeightsError(
                f"{self.checkpoint_path} is no checkpoint of this training ({error}).", "Train without --resume."
            ) from error

    def header(self) -> dict[str, str]:
        """Return what the weight file says about how it was made."""
        return {**self.context.header, "iterations": str(self.progress.iteration)}

    def _save_and_validate(self) -> str:
        """Return a sentence on where the stage is."""
        rows = self.history.rows
        if not rows or rows[-1]["iteration"] != self.progress.iteration:
            self.history.close_row(self.progress.iteration, self.validate())
            self.save()
            self.history.write(self.context.output / f"{self.name}_curves", self.context.report)
        row = " ".join(f"{name} {value:.4g}" for name, value in list(rows[-1].items())[1:])
        left = duration_text(self.progress.seconds_left) if self.progress.iteration else "unknown time"
        minutes = self.progress.elapsed_s / 60
        return f"{self.name} {minutes:.1f} min, iteration {self.progress.iteration}: {row}; about {left} left"
