"""What both training stages share: the data, the body, random numbers, and where files go."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .clips import CONTEXT_FRAMES, MotionLibrary, WindowSampler, source_frames_for
from .open_preset import OpenPreset
from .rendered_frames import RenderedFrames
from .rendered_windows import RenderedWindows
from .schedule import Budget
from .simulator import BENCHMARK, TRAINING, Observer, SimulatedViews, SimulatorSettings, simulate
from .torch_body import TorchBody

Report = Callable[[str], None]
LIFTER_WEIGHTS_NAME = "open_lifter.safetensors"
TEMPORAL_WEIGHTS_NAME = "open_temporal.safetensors"
CONTACTS_WEIGHTS_NAME = "open_contacts.safetensors"
VALIDATION_SEED = 5


def checkpoint_path(output: Path, stage: str) -> Path:
    """Return where a stage's resumable state lies in the output folder."""
    return output / f"{stage}_checkpoint.pt"


@dataclass(frozen=True)
class StageContext:
    """One training stage's surroundings."""

    library: MotionLibrary
    body: TorchBody
    output: Path
    budget: Budget
    resume: bool
    report: Report
    preset: OpenPreset = field(default_factory=OpenPreset)
    simulator: SimulatorSettings = TRAINING
    header: dict[str, str] = field(default_factory=dict)
    """Text that goes into the header of the weight file."""
    made_of: dict[str, str] = field(default_factory=dict)
    """Hashes of what is trained on; a stage is not resumed with others."""

    @property
    def seed(self) -> int:
        """Of all random numbers."""
        return self.preset.seed

    @property
    def save_every_s(self) -> float:
        """Between two checkpoints."""
        return self.preset.save_every_s


class ViewSource:
    """Draws simulated views from one split, with its own resumable random numbers."""

    def __init__(self, context: StageContext, split: str, seed: int) -> None:
        self._context, self._split = context, split
        self._rng = np.random.default_rng(seed)
        self._generator = torch.Generator().manual_seed(seed)
        self._samplers: dict[int, WindowSampler] = {}

    def draw(
        self, count: int, frame_count: int, frame_rate_hz: float, observer: Observer | None = None
    ) -> SimulatedViews:
        """Return `count` views of `frame_count` frames at a frame rate; `observer` as in `simulate`."""
        return self.views_of(self.starts(count, frame_count, frame_rate_hz), frame_count, frame_rate_hz, observer)

    def views_of(
        self, starts: NDArray[np.int64], frame_count: int, frame_rate_hz: float, observer: Observer | None = None
    ) -> SimulatedViews:
        """Return views of the windows that begin at some source frames."""
        windows = self._context.library.windows(starts, frame_count, frame_rate_hz)
        body, settings = self._context.body, self._context.simulator
        return simulate(windows, frame_rate_hz, body, settings, self._generator, observer)

    def draw_rendered(self, frames: RenderedFrames, rows: NDArray[np.int64], count: int) -> SimulatedViews:
        """Return `count` views of the rendered frames in some rows, varied."""
        return frames.varied(self._rng.choice(rows, count), self._generator)

    def draw_windows(self, windows: RenderedWindows, count: int) -> SimulatedViews:
        """Return `count` of the rendered windows, varied, with limbs lost as in simulated ones."""
        return windows.draw(count, self._context.simulator.lost_limbs, self._rng, self._generator)

    def sampler(self, frame_count: int, frame_rate_hz: float) -> WindowSampler:
        """Return the sampler for windows of this length; built once for each length."""
        span = source_frames_for(frame_count, frame_rate_hz, self._context.library.frame_rate)
        if span not in self._samplers:
            self._samplers[span] = WindowSampler(self._context.library, self._split, span)
        return self._samplers[span]

    def uniform(self, low: float, high: float) -> float:
        """Return one even draw."""
        return float(self._rng.uniform(low, high))

    def starts(self, count: int, frame_count: int, frame_rate_hz: float) -> NDArray[np.int64]:
        """Return first source frames of `count` windows."""
        return self.sampler(frame_count, frame_rate_hz).starts(count, self._rng)

    def state(self) -> dict[str, Any]:
        """Return where both streams of random numbers are."""
        # numpy's state has integers of 128 bits.
        return {"numpy": json.dumps(self._rng.bit_generator.state), "views": self._generator.get_state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on in the streams; KeyError, ValueError or RuntimeError where it is no such state."""
        self._rng.bit_generator.state = json.loads(state["numpy"])
        self._generator.set_state(state["views"])


def validation_split(library: MotionLibrary, source_frames: int) -> str:
    """Return `val`, or `train` where the validation split has no window of so many frames."""
    has_windows = any(len(starts) for starts in library.window_starts("val", source_frames + CONTEXT_FRAMES))
    return "val" if has_windows else "train"


def validation_views(library: MotionLibrary, body: TorchBody, frame_count: int, count: int) -> SimulatedViews:
    """Return fixed views of the validation split (of train where it has no such windows) at the source's rate."""
    sampler = WindowSampler(library, validation_split(library, frame_count), frame_count)
    starts = sampler.starts(count, np.random.default_rng(VALIDATION_SEED))
    windows = library.windows(starts, frame_count, library.frame_rate)
    return simulate(windows, library.frame_rate, body, BENCHMARK, torch.Generator().manual_seed(VALIDATION_SEED))
