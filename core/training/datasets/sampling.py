"""Which clips go into which batch: windows without gaps, and a fixed share of each kind of data set.

Every batch is a function of the seed and its number alone, so training that is resumed, or spread over several
processes, sees the same clips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .feature_cache import CachedSequence
from .sequence import contiguous_runs

CLIP_FRAMES: Final = 16
BATCH_CLIPS: Final = 32
SHARE_2D: Final = 0.6
"""The paper's and VIBE's: 19 clips of 2-D data sets and 13 of 3-D ones in a batch of 32."""


@dataclass(frozen=True)
class ClipReference:
    """One clip.

    Attributes:
        data_set: index into the sampler's data sets.
        sequence: index into that data set's sequences.
        start: first row.
    """

    data_set: int
    sequence: int
    start: int


@dataclass(frozen=True)
class ClipSource:
    """A data set cut into clips.

    Attributes:
        name: of the data set.
        has_3d: whether it counts as a 3-D data set.
        clips: (N, 2) int64: index of the sequence and first row.
    """

    name: str
    has_3d: bool
    clips: NDArray[np.int64]


def clip_starts(
    frame_ids: NDArray[np.int64], frame_step: int = 1, frame_count: int = CLIP_FRAMES, stride: int = CLIP_FRAMES
) -> NDArray[np.int64]:
    """Return the first rows of all clips of `frame_count` rows without a gap; what is left at an end is dropped."""
    starts = [np.arange(first, end - frame_count + 1, stride) for first, end in contiguous_runs(frame_ids, frame_step)]
    return np.concatenate(starts).astype(np.int64) if starts else np.zeros(0, np.int64)


def clip_source(
    name: str, sequences: Sequence[CachedSequence], frame_count: int = CLIP_FRAMES, stride: int = CLIP_FRAMES
) -> ClipSource:
    """Return a data set's clips; it counts as 3-D when any of its sequences has joints or poses."""
    clips = [
        (index, int(start))
        for index, sequence in enumerate(sequences)
        for start in clip_starts(sequence.frame_ids, sequence.frame_step, frame_count, stride)
    ]
    has_3d = any(sequence.joints3d is not None or sequence.poses is not None for sequence in sequences)
    return ClipSource(name, has_3d, np.array(clips, np.int64).reshape(-1, 2))


class BalancedSampler:
    """Deals the clips of several data sets into batches.

    Each data set is gone through in an order of its own, shuffled anew each time round; nothing is drawn twice before
    everything was drawn once.

    Args:
        sources: the data sets; those without a clip are left out.
        batch_clips: clips in a batch.
        share_2d: share of 2-D data sets, rounded down; all, where one of the two kinds is missing.
        weights: data set -> its weight among those of its kind; None for its number of clips, as in VIBE.
        seed: of the shuffling.
    Raises:
        ValueError: no data set has a clip, or a weight is not positive.
    """

    def __init__(
        self,
        sources: Sequence[ClipSource],
        batch_clips: int = BATCH_CLIPS,
        share_2d: float = SHARE_2D,
        weights: Mapping[str, float] | None = None,
        seed: int = 0,
    ) -> None:
        self._sources = sources
        self._seed = seed
        self._orders: dict[int, tuple[int, NDArray[np.int64]]] = {}
        groups = [
            [index for index, source in enumerate(sources) if source.has_3d == has_3d and len(source.clips)]
            for has_3d in (False, True)
        ]
        if not any(groups):
            raise ValueError("no data set has a clip")
        count_2d = int(batch_clips * share_2d) if all(groups) else batch_clips * bool(groups[0])
        self._shares: list[tuple[list[int], int, NDArray[np.float64]]] = []
        for group, count in zip(groups, (count_2d, batch_clips - count_2d), strict=True):
            if group and count:
                self._shares.append((group, count, self._group_weights(group, weights)))

    def batch(self, step: int) -> list[ClipReference]:
        """Return the clips of batch number `step`, counted from 0."""
        clips: list[ClipReference] = []
        for group, count, weights in self._shares:
            before, after = (_dealt(number * count, weights) for number in (step, step + 1))
            for index, first, end in zip(group, before, after, strict=True):
                clips += [self._clip(index, position) for position in range(first, end)]
        return clips

    def _group_weights(self, group: list[int], weights: Mapping[str, float] | None) -> NDArray[np.float64]:
        names = [self._sources[index].name for index in group]
        if weights is None:
            values = np.array([float(len(self._sources[index].clips)) for index in group])
        else:
            values = np.array([weights.get(name, 0.0) for name in names])
        if (values <= 0).any():
            raise ValueError(f"the weights of {', '.join(names)} must be positive")
        return np.asarray(values / values.sum())

    def _clip(self, source: int, position: int) -> ClipReference:
        """Return the clip at a position of a data set's endless stream."""
        clips = self._sources[source].clips
        round_number, place = divmod(position, len(clips))
        order = self._order(source, round_number)
        sequence, start = clips[order[place]]
        return ClipReference(source, int(sequence), int(start))

    def _order(self, source: int, round_number: int) -> NDArray[np.int64]:
        """Return the order in which a data set is gone through for the n-th time; the last one is kept."""
        kept = self._orders.get(source)
        if kept is None or kept[0] != round_number:
            rng = np.random.default_rng([self._seed, source, round_number])
            kept = (round_number, rng.permutation(len(self._sources[source].clips)))
            self._orders[source] = kept
        return kept[1]


def _dealt(total: int, weights: NDArray[np.float64]) -> list[int]:
    """Return how many of the first `total` clips fall to each data set: never fewer for a larger total.

    Note: each data set takes its share of what the ones before it left over.
    """
    counts, left, weight_left = [], total, 1.0
    for weight in weights[:-1]:
        count = int(left * min(weight / weight_left, 1.0) + 1e-9)
        counts.append(count)
        left -= count
        weight_left -= weight
    return [*counts, left]
