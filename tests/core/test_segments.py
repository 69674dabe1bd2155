import numpy as np

from core.segments import split_at_gaps, true_runs


def test_short_gaps_are_bridged_and_long_ones_split():
    frame_ids = np.array([10, 11, 12, 15, 16, 40, 41])
    segments = split_at_gaps(frame_ids, 30.0)
    assert [segment.rows for segment in segments] == [slice(0, 5), slice(5, 7)]
    assert segments[0].places.tolist() == [0, 1, 2, 5, 6]
    assert segments[1].places.tolist() == [0, 1]


def test_half_a_second_is_the_limit_at_any_rate():
    for rate in (24.0, 30.0, 60.0):
        missing = int(rate / 2)
        assert len(split_at_gaps(np.array([0, missing + 1]), rate)) == 1
        assert len(split_at_gaps(np.array([0, missing + 2]), rate)) == 2


def test_bridging_a_straight_line_gives_the_line():
    frame_ids = np.array([0, 1, 4, 6])
    (segment,) = split_at_gaps(frame_ids, 30.0)
    values = np.stack([2.0 * frame_ids, -frame_ids], axis=1)
    dense = segment.bridge(values)
    assert np.allclose(dense[:, 0], 2.0 * np.arange(7))
    assert np.allclose(segment.pick(dense), values)


def test_a_track_without_gaps_is_handed_on_as_it_is():
    values = np.random.default_rng(0).normal(size=(5, 3))
    (segment,) = split_at_gaps(np.arange(100, 105), 30.0)
    assert np.array_equal(segment.bridge(values), values)


def test_one_row_and_no_row():
    (segment,) = split_at_gaps(np.array([7]), 30.0)
    assert segment.bridge(np.ones((1, 2))).shape == (1, 2)
    assert split_at_gaps(np.array([], dtype=np.int64), 30.0) == []


def test_a_segment_knows_its_frames_and_which_of_them_have_a_row():
    (segment,) = split_at_gaps(np.array([10, 11, 14]), 30.0)
    assert segment.frame_count == 5
    assert segment.is_row.tolist() == [True, True, False, False, True]


def test_true_runs_are_the_runs_of_true_entries():
    mask = np.array([1, 1, 0, 1, 0, 0, 1], bool)
    assert true_runs(mask) == [slice(0, 2), slice(3, 4), slice(6, 7)]
    assert true_runs(~np.ones(3, bool)) == [] and true_runs(np.zeros(0, bool)) == []
