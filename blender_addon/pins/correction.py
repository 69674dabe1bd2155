"""How far each frame around some pins gives way to them: smooth, small where the video is sure, gone at the reach.

One bone's corrections are vectors (turns in its own frame, or moves) that are given at its pins. Between and around
them they are the ones with the least sum, over all frames, of

    EVIDENCE (confidence scale / reach x)^2 + TENSION (reach x')^2 + (scale^3 x''')^2

The jerk term alone gives curves whose speed and acceleration go on without a jump, at pins and at the edge of the
reach, where the correction, its speed and its acceleration have come to zero. The tension keeps them from swinging
over, the evidence from spreading over frames that the video shows well. `scale` is the reach, and less close to pins
that follow each other faster: they would otherwise throw the motion far past them, and the evidence would pull it back
between them.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.segments import true_runs
from ..axes import FloatArray
from .least_squares import BAND, solve_banded

EVIDENCE: Final = 2e4
TENSION: Final = 1e3
"""A lone correction bends at most twice as sharply as the shape of least jerk, 20 / 3 of its size by reach^2; with
pins one frame to half a reach apart that disagree, it swings over by less than a twentieth."""

LEAST_CONFIDENCE: Final = 0.05

_STEP: Final = (-1.0, 1.0, 0.0, 0.0)
_JERK: Final = (-1.0, 3.0, -3.0, 1.0)
_CLAMP_FRAMES: Final = BAND - 1


def spread_corrections(
    values: FloatArray, pinned: NDArray[np.int64], confidence: FloatArray, reach_frames: int
) -> FloatArray:
    """Return corrections (F, C) of even frames.

    Args:
        values: (P, C) at the pins.
        pinned: (P,) frames of the pins, increasing, in 0..F - 1.
        confidence: (F,) 0..1 how sure each frame is; 0 where there is none.
        reach_frames: at this distance from every pin and beyond, corrections are zero; at least 1.
    """
    frame_count = len(confidence)
    corrections = np.zeros((frame_count, values.shape[1]))
    corrections[pinned] = values
    scale = local_scale(pinned, frame_count, reach_frames)
    for run in true_runs(within_reach(pinned, frame_count, reach_frames)):
        # Frames at rest around it; where the motion itself begins or ends, nothing holds the correction.
        frames = slice(max(run.start - _CLAMP_FRAMES, 0), min(run.stop + _CLAMP_FRAMES, frame_count))
        numbers = np.arange(frames.start, frames.stop)
        is_fixed = (numbers < run.start) | (numbers >= run.stop) | np.isin(numbers, pinned)
        rows = _rows(confidence[frames], scale[frames], reach_frames)
        corrections[frames] = solve_banded(rows, is_fixed, corrections[frames])
    return corrections


def within_reach(pinned: NDArray[np.int64], frame_count: int, reach_frames: int) -> NDArray[np.bool_]:
    """Return which frames (F,) are less than the reach away from a pin."""
    edges = np.zeros(frame_count + 1, np.int64)
    np.add.at(edges, (pinned - reach_frames + 1).clip(min=0), 1)
    np.add.at(edges, (pinned + reach_frames).clip(max=frame_count), -1)
    inside: NDArray[np.bool_] = np.cumsum(edges[:-1]) > 0
    return inside


def local_scale(pinned: NDArray[np.int64], frame_count: int, reach_frames: int) -> FloatArray:
    """Return in how many frames (F,) a correction may turn: the reach, or less near to pins closer than that."""
    frames = np.arange(frame_count)
    scale = np.full(frame_count, float(reach_frames))
    for before, after in pairwise(pinned):
        away = np.maximum(np.maximum(before - frames, frames - after), after - before)
        scale = np.minimum(scale, away)
    return scale


def _rows(confidence: FloatArray, scale: FloatArray, reach_frames: int) -> FloatArray:
    """Return the rows (3, F, 4) of evidence, tension and jerk; those that reach beyond the last frame are zero."""
    rows = np.zeros((3, len(confidence), BAND))
    rows[0, :, 0] = np.sqrt(EVIDENCE) * np.maximum(confidence, LEAST_CONFIDENCE) * scale / reach_frames
    rows[1, :-1] = np.sqrt(TENSION) * reach_frames * np.array(_STEP)
    # A row of four frames turns as the two in its middle may.
    rows[2, :-3] = np.minimum(scale[1:-2], scale[2:-1])[:, None] ** 3 * np.array(_JERK)
    return rows
