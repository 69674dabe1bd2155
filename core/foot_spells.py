"""Feet that stand: when, where heel and toe then stay, and how a correction comes and goes. numpy only.

Both foot locks share it: the core's, and the one of a retargeted rig in Blender.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .segments import true_runs

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]


def spells(stands: BoolArray, shortest: int) -> list[tuple[int, int]]:
    """Return first and end frames of the runs of at least `shortest` frames in which something (T,) stands."""
    return [(run.start, run.stop) for run in true_runs(stands) if run.stop - run.start >= shortest]


def spell_moves(
    parts: FloatArray, stands: BoolArray, heights: FloatArray | None = None, up: FloatArray | None = None
) -> FloatArray:
    """Return moves (F, 3) that hold heel and toe (F, 2, 3) where they stand (F, 2).

    The foot rolls from heel to toe: what stands longer sets its own place; the other part's place follows from the
    frames in which both stand, so that nothing jumps when one of them lifts.

    Args:
        heights: (F, 2) along `up` (3,), metres, at which a part that sets its own place stands; None for its own.
    """
    moves, known = np.zeros((len(parts), 3)), np.zeros(len(parts), bool)
    for part in np.argsort(-stands.sum(axis=0)):
        standing = stands[:, part]
        if not standing.any():
            continue
        held = standing & known
        seen = held if held.any() else standing
        place = np.median(parts[seen, part] + moves[seen], axis=0)
        if heights is not None and up is not None and not held.any():
            place = place + (np.median(heights[standing, part]) - place @ up) * up
        fresh = standing & ~known
        moves[fresh] = place - parts[fresh, part]
        known |= standing
    return moves


def add_faded(total: FloatArray, values: FloatArray, first: int, end: int, fade: int) -> None:
    """Add values (F, A) to a series (T, A) at frames first to end, and their ends, fading, before and after."""
    total[first:end] += values
    ramp = np.arange(fade, 0, -1) / (fade + 1)
    ramp = (np.square(ramp) * (3 - 2 * ramp))[:, None]
    after = min(fade, len(total) - end)
    total[end : end + after] += ramp[:after] * values[-1]
    before = min(fade, first)
    if before:
        total[first - before : first] += ramp[:before][::-1] * values[0]
