"""Fixed simulated views of one split, each with the action of the clip that it comes from."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import MotionDataError
from ..clips import CONTEXT_FRAMES, MotionLibrary, WindowSampler
from ..simulator import BENCHMARK, SimulatedViews, simulate
from ..stage import VALIDATION_SEED
from ..torch_body import TorchBody

DANCE: Final = "dance"
OTHER: Final = "other"
# CMU's index calls subject 94 "Indian dance" and each of its clips "indian". The first match decides.
_ACTION_WORDS: Final = (
    (DANCE, r"danc|ballet|salsa|charleston|indian|pirouette|arabesque"),
    ("acrobatics", r"flip|cartwheel|hand ?spring|jump kick|gymnast"),
    ("exercise", r"jumping jack|squat|stretch|balance"),
    ("sport", r"soccer|basketball|boxing|punch|sword|golf|swim"),
    ("climbing", r"climb|playground"),
    ("jumping", r"jump|hop\b"),
    ("running", r"run|jog"),
    ("walking", r"walk"),
)


@dataclass(frozen=True)
class Benchmark:
    """Views of N windows and what the people in them do.

    Attributes:
        actions: (N,) one word each.
    """

    views: SimulatedViews
    actions: tuple[str, ...]

    def is_dance(self) -> NDArray[np.bool_]:
        """Return (N,): which windows are dance."""
        return np.array([action == DANCE for action in self.actions], bool)


def action_of(description: str) -> str:
    """Return the action that a clip's description names, `other` where it names none."""
    for action, words in _ACTION_WORDS:
        if re.search(words, description.lower()):
            return action
    return OTHER


def read_descriptions(motions: Path, library: MotionLibrary) -> tuple[str, ...]:
    """Return the description of each clip of a motion file; empty texts where the file has none.

    Raises:
        MotionDataError: the file cannot be read.
    """
    try:
        with np.load(motions, allow_pickle=False) as archive:
            texts: NDArray[Any] = archive["clip_desc"] if "clip_desc" in archive.files else np.array([])
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise MotionDataError(f"{motions} is not a motion-capture npz, or it is damaged.") from error
    clip_count = len(library.clip_start)
    return tuple(str(text) for text in texts) if len(texts) == clip_count else ("",) * clip_count


def clips_of(library: MotionLibrary, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the clip (N,) that each first frame (N,) lies in."""
    inside = (starts[:, None] >= library.clip_start) & (starts[:, None] < library.clip_start + library.clip_length)
    clips: NDArray[np.int64] = np.argmax(inside, axis=1)
    return clips


def usable_frame_count(library: MotionLibrary, split: str, wanted: int) -> int:
    """Return `wanted`, or the longest window that some clip of the split can give, at least 3.

    Raises:
        MotionDataError: the split has no clips, or only shorter ones.
    """
    lengths = library.clip_length[library.clip_split == split]
    longest = int(lengths.max(initial=0)) - CONTEXT_FRAMES
    if longest < 3:
        raise MotionDataError(f"The motion file {library.name} has no {split} clip of 6 frames or more.")
    return min(wanted, longest)


def make_benchmark(
    library: MotionLibrary,
    body: TorchBody,
    descriptions: tuple[str, ...],
    split: str = "val",
    *,
    frame_count: int = 96,
    window_count: int = 48,
    seed: int = VALIDATION_SEED,
) -> Benchmark:
    """Return views of a split at the data's own rate, the same at every call.

    Note: with the default sizes and `val` these are the views that `python -m core evaluate` scores.
    Raises:
        MotionDataError: the split has no windows.
    """
    frame_count = usable_frame_count(library, split, frame_count)
    starts = WindowSampler(library, split, frame_count).starts(window_count, np.random.default_rng(seed))
    windows = library.windows(starts, frame_count, library.frame_rate)
    views = simulate(windows, library.frame_rate, body, BENCHMARK, torch.Generator().manual_seed(seed))
    return Benchmark(views, tuple(action_of(descriptions[clip]) for clip in clips_of(library, starts)))
