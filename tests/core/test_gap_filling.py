import numpy as np
import pytest

from core.gap_filling import fill_short_gaps
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
