from dataclasses import replace

import numpy as np
import pytest

from core.gap_filling import SURE_PRESENCE, fill_short_gaps, leave_out_unsure
from core.tracks import Track

RATE_HZ = 30.0


def straight_track(frame_ids: list[int]) -> Track:
    ids = np.array(frame_ids, np.int64)
    count = len(ids)
    keypoints2d_px = np.tile(np.arange(66.0).reshape(33, 2), (count, 1, 1)) + 3.0 * ids[:, None, None]
    world = np.tile(np.arange(99.0).reshape(33, 3) / 100, (count, 1, 1)) * ids[:, None, None]
    box = np.tile([0.0, 0.0, 50.0, 90.0], (count, 1)) + ids[:, None]
    return Track(ids, ids / RATE_HZ, box, keypoints2d_px, world, np.full((count, 33), 0.9), np.full(count, 0.8))


def test_a_short_gap_is_filled_on_the_straight_line_and_marked_as_unseen():
    whole, torn = straight_track(list(range(10, 30))), straight_track([*range(10, 15), *range(22, 30)])
    filled = fill_short_gaps(torn, RATE_HZ)
    for name in ("frame_ids", "timestamps", "bbox_px", "keypoints2d_px", "world_landmarks"):
        np.testing.assert_allclose(getattr(filled, name), getattr(whole, name), atol=1e-9)
    expected = np.isin(filled.frame_ids, np.arange(15, 22))
    np.testing.assert_array_equal(filled.is_filled, expected)
    assert (filled.visibility[expected] == 0).all()
    assert (filled.visibility[~expected] == 0.9).all()


def test_a_long_gap_stays_a_gap():
    torn = straight_track([*range(0, 10), *range(40, 50)])
    assert fill_short_gaps(torn, RATE_HZ) is torn
    both = fill_short_gaps(straight_track([0, 1, 4, 5, 60, 61, 63]), RATE_HZ)
    assert both.frame_ids.tolist() == [0, 1, 2, 3, 4, 5, 60, 61, 62, 63]
    assert both.frame_ids[both.is_filled].tolist() == [2, 3, 62]


@pytest.mark.parametrize("frame_ids", [[7], [7, 8, 9]])
def test_a_track_without_gaps_comes_back_as_it_is(frame_ids):
    track = straight_track(frame_ids)
    assert fill_short_gaps(track, RATE_HZ) is track
    assert not track.is_filled.any()


def with_presence(frame_ids: list[int], unsure: set[int]) -> Track:
    track = straight_track(frame_ids)
    presence = np.where(np.isin(track.frame_ids, list(unsure)), SURE_PRESENCE - 0.1, 1.0)
    return replace(track, presence=presence)


def test_unsure_rows_beside_a_gap_are_left_out_as_long_as_it_stays_short():
    torn = [*range(20), *range(28, 40)]
    assert leave_out_unsure(with_presence(torn, {17, 18, 19}), RATE_HZ).frame_ids.tolist() == [
        *range(17),
        *range(28, 40),
    ]
    many = set(range(10, 20))
    assert leave_out_unsure(with_presence(torn, many), RATE_HZ).frame_ids.tolist() == torn


def test_single_unsure_rows_are_left_out_and_those_at_the_ends_stay():
    track = with_presence(list(range(30)), {0, 1, 12, 29})
    kept = leave_out_unsure(track, RATE_HZ)
    assert kept.frame_ids.tolist() == [*range(12), *range(13, 30)]
    assert leave_out_unsure(with_presence([5], {5}), RATE_HZ).frame_ids.tolist() == [5]


def test_somebody_who_is_hard_to_see_all_the_time_is_kept():
    track = with_presence(list(range(60)), set(range(3, 57)))
    assert len(leave_out_unsure(track, RATE_HZ).frame_ids) == 60
