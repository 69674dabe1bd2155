"""Tracks have gaps: which rows belong together, and bridging short gaps, so that filters and GRUs see even time.

Contract file: numpy only; the add-on's cleanup uses it too.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

LONGEST_BRIDGED_GAP_S: Final = 0.5


@dataclass(frozen=True)
class Segment:
    """Rows of a track without a long gap, and the even frames they stand on.

    Attributes:
        rows: the track's rows.
        places: (rows,) 0-based frame of each row within the segment; missing numbers are short gaps.
    """

    rows: slice
    places: NDArray[np.int64]

    @property
    def frame_count(self) -> int:
        """Number of even frames, those of short gaps too."""
        return int(self.places[-1]) + 1

    @property
    def is_row(self) -> NDArray[np.bool_]:
        """(frames,) which frames the track has a row for."""
        mask = np.zeros(self.frame_count, bool)
        mask[self.places] = True
        return mask

    def bridge(self, values: FloatArray) -> FloatArray:
        """Return values (frames, ...) for every frame of the segment, short gaps filled in a straight line.

        Args:
            values: (T, ...) of the whole track.
        """
        present = values[self.rows]
        if self.frame_count == len(present):
            return present
        frames = np.arange(self.frame_count)
        after = np.searchsorted(self.places, frames).clip(1, len(self.places) - 1)
        start, end = self.places[after - 1], self.places[after]
        share = ((frames - start) / (end - start)).reshape(-1, *(1,) * (values.ndim - 1))
        bridged: FloatArray = ((1 - share) * present[after - 1] + share * present[after]).astype(values.dtype)
        return bridged

    def pick(self, dense: FloatArray) -> FloatArray:
        """Return the values (rows, ...) of the segment's own rows out of values (frames, ...)."""
        return dense[self.places]


def true_runs(mask: NDArray[np.bool_]) -> list[slice]:
    """Return the runs of neighbouring true entries of a mask (T,), in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [slice(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def split_at_gaps(
    frame_ids: NDArray[np.int64], frame_rate_hz: float, longest_gap_s: float = LONGEST_BRIDGED_GAP_S
) -> list[Segment]:
    """Return the segments of a track, in order; every row is in exactly one.

    Args:
        frame_ids: (T,) source frames, increasing.
        longest_gap_s: gaps longer than this split the track.
    """
    steps = np.diff(frame_ids)
    cuts = np.flatnonzero((steps - 1) / frame_rate_hz > longest_gap_s) + 1
    bounds = [0, *cuts.tolist(), len(frame_ids)]
    return [
        Segment(slice(first, last), frame_ids[first:last] - frame_ids[first])
        for first, last in pairwise(bounds)
        if last > first
    ]
