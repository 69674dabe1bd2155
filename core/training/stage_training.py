"""The loop of both stages of the open estimator: steps until the budget is spent, checkpoints, validation, curves."""

import copy
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import torch
from torch import Tensor, nn

from ..errors import WeightsError
from .history import History, Panels
from .paper.run import check_same
from .schedule import Budget, Progress, WeightAverage, load_checkpoint, save_checkpoint
from .stage import StageContext, ViewSource, checkpoint_path
from .time_left import duration_text

SPEED_ITERATION: Final = 1000
"""As which the steps are taken whose speed is measured: the discriminator's first iterations are over by then."""
UNTIMED_STEPS, TIMED_STEPS = 5, 20


AnyModule = TypeVar("AnyModule", bound=nn.Module)


class Stateful(Protocol):
    """A network or an optimiser."""

    def state_dict(self) -> Any:
        """Return all that changes in training."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Take it back."""


class StageTraining(ABC):
    """One stage; after an interruption it goes on as if there had been none, bit by bit.

    Args:
        name: of the stage and of its options in the preset; its checkpoint and its curves are called after it.
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
        return checkpoint_path(self.context.output, self.name)

    @property
    def resumes(self) -> bool:
        """Whether there is a state to go on from, and it was asked for."""
        return self.context.resume and self.checkpoint_path.exists()

    def run(self) -> None:
        """Train until the budget is spent."""
        if self.progress.budget.minutes is not None:
            self._count_iterations()
        saved_at_s = self.progress.elapsed_s
        while self.progress.fraction < 1.0:
            self.history.add(self.step())
            if self.progress.elapsed_s - saved_at_s > self.context.save_every_s:
                self.context.report(self._save_and_validate())
                saved_at_s = self.progress.elapsed_s
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

    def descend(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, largest_gradient: float = 1.0
    ) -> None:
        """Take one optimiser step down a loss, its gradient no longer than a bound, and move the running average."""
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), largest_gradient)
        optimizer.step()
        self.average.update(network, self.progress.iteration)

    def averaged_copy(self, network: AnyModule) -> AnyModule:
        """Return a copy of the network with the averaged weights, ready to run."""
        averaged = copy.deepcopy(network)
        averaged.load_state_dict(self.average.state)
        return averaged.eval()

    def save(self) -> None:
        """Write the weight file and the resumable state."""
        self.save_weights()
        save_checkpoint(self.checkpoint_path, self._state())

    def restore(self) -> None:
        """Go on from the checkpoint.

        Raises:
            WeightsError: it cannot be read, or is of something else.
            OptionError: it was made with other options or data; names them.
        """
        state = load_checkpoint(self.checkpoint_path)
        try:
            check_same(json.loads(state["configuration"]), self._configuration(), self.checkpoint_path)
            self._load_state(state)
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            raise WeightsError(
                f"{self.checkpoint_path} is no checkpoint of this training ({error}).", "Choose another folder."
            ) from error

    def made_of(self) -> dict[str, str]:
        """Return hashes of what the stage is trained on."""
        return self.context.made_of

    def header(self) -> dict[str, str]:
        """Return what the weight file says about how it was made."""
        return {**self.context.header, "iterations": str(self.progress.iteration)}

    def _state(self) -> dict[str, Any]:
        """Return all that changes in training, and what it must not be resumed without."""
        return {
            "configuration": json.dumps(self._configuration()),
            "iteration": self.progress.iteration,
            "iterations_in_all": self.progress.budget.iterations,
            "elapsed_s": self.progress.elapsed_s,
            "average": self.average.state,
            "history": self.history.state(),
            "random": {"torch": torch.get_rng_state(), **self.source.state()},
            "parts": {name: part.state_dict() for name, part in self.parts().items()},
        }

    def _load_state(self, state: Mapping[str, Any]) -> None:
        """Take a state back; KeyError, ValueError, RuntimeError or TypeError where it is none."""
        for name, part in self.parts().items():
            part.load_state_dict(state["parts"][name])
        self.average.state = state["average"]
        self.history.load_state(state["history"])
        self.progress = Progress(Budget(iterations=state["iterations_in_all"]), state["iteration"], state["elapsed_s"])
        self.source.load_state(state["random"])
        torch.set_rng_state(state["random"]["torch"])

    def _configuration(self) -> dict[str, Any]:
        """Return what the stage's weights follow from, and so what a resumed run must have in common with the first."""
        options = asdict(getattr(self.context.preset, self.name))
        # The budget says it, as --iterations may have the last word.
        del options["iterations"]
        return {
            "seed": self.context.seed,
            **asdict(self.context.budget),
            self.name: options,
            "made_of": self.made_of(),
        }

    def _count_iterations(self) -> None:
        """Turn the minutes into iterations, by the speed of some steps that leave no trace."""
        before = copy.deepcopy(self._state())
        self.progress.iteration = SPEED_ITERATION
        for _ in range(UNTIMED_STEPS):
            self.step()
        started_s = time.monotonic()
        for _ in range(TIMED_STEPS):
            self.step()
        budget = self.context.budget.at_speed((time.monotonic() - started_s) / TIMED_STEPS)
        self._load_state(before)
        self.progress = Progress(budget)
        # From here on the number rules, whatever becomes of this process.
        save_checkpoint(self.checkpoint_path, self._state())
        minutes = self.context.budget.minutes
        self.context.report(f"{self.name}: {budget.iterations} iterations for {minutes:g} minutes at this speed")

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
