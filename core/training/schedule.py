"""How long a stage trains, its learning rate, the running average of its weights, and its resumable state."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import WeightsError
from ..whole_file import whole_file


@dataclass(frozen=True)
class Budget:
    """A stage ends after `iterations`, or as many as fit into `minutes` if those are fewer; None is no limit."""

    minutes: float | None = None
    iterations: int | None = None

    def at_speed(self, step_s: float) -> "Budget":
        """Return the budget with its minutes turned into iterations, at least one, by the seconds of one step."""
        if self.minutes is None:
            return self
        fitting = max(int(60 * self.minutes / step_s), 1)
        return Budget(iterations=min(fitting, self.iterations or fitting))


class Progress:
    """How far a stage is, across interruptions: by its iterations alone, so that no clock touches the weights."""

    def __init__(self, budget: Budget, iteration: int = 0, elapsed_s: float = 0.0) -> None:
        self.budget, self.iteration = budget, iteration
        self._before_s, self._started_s = elapsed_s, time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Wall time of the stage so far."""
        return self._before_s + time.monotonic() - self._started_s

    @property
    def fraction(self) -> float:
        """0 at the start, 1 or more when the budget is spent."""
        return self.iteration / self.budget.iterations if self.budget.iterations else 0.0

    @property
    def seconds_left(self) -> float:
        """Estimated wall time to the end, from the share that is done."""
        share = min(self.fraction, 1.0)
        return self.elapsed_s * (1 - share) / share if share > 0 else math.inf

    def learning_rate(self, peak: float, warmup_iterations: int) -> float:
        """Return the learning rate: a linear warm-up, then a cosine down to one hundredth."""
        warmup = min(1.0, (self.iteration + 1) / warmup_iterations)
        return peak * warmup * (0.5 * (1 + math.cos(math.pi * min(self.fraction, 1.0))) * 0.99 + 0.01)


class WeightAverage:
    """An exponential running average of a network's weights; it is what gets saved and judged."""

    def __init__(self, network: nn.Module, decay: float = 0.998) -> None:
        self.decay = decay
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, iteration: int) -> None:
        """Move the average towards the network; faster while it is young."""
        share = 1 - min(self.decay, (1 + iteration) / (10 + iteration))
        for name, value in network.state_dict().items():
            self.state[name].lerp_(value, share)


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of all parameter groups."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def has_fast_bfloat16() -> bool:
    """Return whether this processor multiplies in bfloat16; emulated, it is many times slower."""
    return bool(torch.cpu._is_avx512_bf16_supported())


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a resumable state, whole or not at all."""
    with whole_file(path) as partial:
        torch.save(dict(state), partial)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a resumable state; only tensors and plain values, never other pickled objects.

    Raises:
        WeightsError: missing, damaged, or not a checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise WeightsError(
            f"{path} is not a training checkpoint, or it is damaged.", "Choose another folder."
        ) from error
    if not isinstance(state, dict) or "iteration" not in state:
        raise WeightsError(f"{path} is not a training checkpoint.", "Choose another folder.")
    return state
