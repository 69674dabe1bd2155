from collections import Counter

import numpy as np
import pytest

from core.training.datasets.sampling import BalancedSampler, ClipSource, clip_starts
from core.training.datasets.sequence import contiguous_runs


def source(name, has_3d, count):
    return ClipSource(name, has_3d, np.stack([np.arange(count), 16 * np.arange(count)], axis=1))


SOURCES = [source("insta", False, 100), source("mpii3d", True, 50), source("3dpw", True, 10)]


def dealt(sampler, steps):
    return [[(clip.data_set, clip.sequence) for clip in sampler.batch(step)] for step in range(steps)]


def test_clips_never_span_a_gap_and_tails_are_dropped():
    frame_ids = np.array([*range(35), *range(40, 55), *range(60, 76)])
    assert contiguous_runs(frame_ids) == [(0, 35), (35, 50), (50, 66)]
    assert clip_starts(frame_ids).tolist() == [0, 16, 50]
    for start in clip_starts(frame_ids, stride=3):
        assert (np.diff(frame_ids[start : start + 16]) == 1).all()


def test_rows_two_frames_apart_follow_each_other_where_that_is_the_step():
    frame_ids = np.arange(0, 64, 2)
    assert clip_starts(frame_ids, frame_step=2).tolist() == [0, 16]
    assert clip_starts(frame_ids, frame_step=1).tolist() == []
    assert clip_starts(np.zeros(0, np.int64)).tolist() == []


def test_a_batch_of_32_has_19_clips_of_2d_data():
    for batch in dealt(BalancedSampler(SOURCES), 20):
        kinds = Counter(SOURCES[data_set].has_3d for data_set, _ in batch)
        assert kinds == {False: 19, True: 13}


def test_data_sets_of_a_kind_share_by_their_number_of_clips_or_by_weights():
    counts = Counter(data_set for batch in dealt(BalancedSampler(SOURCES), 60) for data_set, _ in batch)
    assert counts[1] / counts[2] == pytest.approx(5, rel=0.05)
    weighted = BalancedSampler(SOURCES, weights={"insta": 1, "mpii3d": 1, "3dpw": 1})
    counts = Counter(data_set for batch in dealt(weighted, 60) for data_set, _ in batch)
    assert abs(counts[1] - counts[2]) <= 1


def test_every_clip_is_dealt_once_before_any_is_dealt_twice():
    flat = [clip for batch in dealt(BalancedSampler(SOURCES), 400) for clip in batch]
    for number, one in enumerate(SOURCES):
        stream = [sequence for data_set, sequence in flat if data_set == number]
        size = len(one.clips)
        for first in range(0, len(stream) - size, size):
            assert sorted(stream[first : first + size]) == list(range(size))
        assert stream[:size] != stream[size : 2 * size]


def test_a_batch_depends_on_seed_and_number_alone():
    forward = dealt(BalancedSampler(SOURCES, seed=3), 50)
    again = BalancedSampler(SOURCES, seed=3)
    backward = [[(clip.data_set, clip.sequence) for clip in again.batch(step)] for step in reversed(range(50))]
    assert forward == backward[::-1]
    assert forward != dealt(BalancedSampler(SOURCES, seed=4), 50)


def test_one_kind_alone_fills_the_batch():
    assert all(len(batch) == 32 for batch in dealt(BalancedSampler(SOURCES[:1]), 5))
    assert all(len(batch) == 32 for batch in dealt(BalancedSampler(SOURCES[1:]), 5))


def test_empty_data_sets_are_left_out_and_none_at_all_is_refused():
    sampler = BalancedSampler([source("empty", False, 0), *SOURCES[1:]])
    assert {data_set for batch in dealt(sampler, 5) for data_set, _ in batch} <= {1, 2}
    with pytest.raises(ValueError, match="no data set has a clip"):
        BalancedSampler([source("empty", True, 0)])
    with pytest.raises(ValueError, match="must be positive"):
        BalancedSampler(SOURCES, weights={"insta": 1, "mpii3d": 1})
