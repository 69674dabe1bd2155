import dataclasses

import numpy as np
import pytest

from core.between_looks import fill_between_looks
from core.tracks import Track

TIMES_S = np.arange(120) / 30.0


def moving_track(frame_ids):
    ids = np.asarray(frame_ids, np.int64)
    phase = ids / 30.0
    points = np.sin(np.outer(phase, np.linspace(1, 4, 99))).reshape(len(ids), 33, 3)
    return Track(
        frame_ids=ids,
        timestamps=phase,
        bbox_px=np.outer(phase, [1.0, 2.0, 3.0, 4.0]),
        keypoints2d_px=100 * points[..., :2],
        world_landmarks=points,
        visibility=np.full((len(ids), 33), 0.9),
        presence=np.ones(len(ids)),
    )


@pytest.mark.parametrize("every", [2, 3, 4])
def test_frames_between_looks_lie_near_the_true_movement(every):
    looks = [*range(0, 90, every), 90]
    filled, true = fill_between_looks(moving_track(looks), every, TIMES_S), moving_track(range(91))
    for field in dataclasses.fields(Track):
        assert getattr(filled, field.name).shape == getattr(true, field.name).shape
    np.testing.assert_allclose(filled.timestamps, true.timestamps, atol=1e-12)
    np.testing.assert_allclose(filled.world_landmarks, true.world_landmarks, atol=0.02)
    np.testing.assert_array_equal(filled.keypoints2d_px[looks], true.keypoints2d_px[looks])
    assert not filled.is_filled.any()


def test_frames_that_are_unevenly_spaced_keep_their_times():
    times_s = np.cumsum([0, 1, 3, 1, 2, 1, 1, 4, 1]) / 30.0
    looks = moving_track([0, 4, 8])
    points = times_s[[0, 4, 8], None, None] * np.ones((3, 33, 3))
    straight = dataclasses.replace(looks, timestamps=times_s[[0, 4, 8]], world_landmarks=points)
    filled = fill_between_looks(straight, 4, times_s)
    np.testing.assert_array_equal(filled.timestamps, times_s)
    # A steady movement in time stays one.
    np.testing.assert_allclose(filled.world_landmarks[:, 0, 0], times_s, atol=1e-9)


def test_a_gap_stays_a_gap():
    filled = fill_between_looks(moving_track([0, 2, 4, 10, 12]), 2, TIMES_S)
    assert filled.frame_ids.tolist() == [0, 1, 2, 3, 4, 10, 11, 12]


@pytest.mark.parametrize("frame_ids", [[7], [7, 9], range(5)])
def test_few_looks_and_every_frame_are_kept(frame_ids):
    track = moving_track(frame_ids)
    filled = fill_between_looks(track, 2, TIMES_S)
    np.testing.assert_array_equal(filled.world_landmarks[np.isin(filled.frame_ids, frame_ids)], track.world_landmarks)
    assert filled.frame_ids.tolist() == list(range(frame_ids[0], frame_ids[-1] + 1))
    assert fill_between_looks(track, 1, TIMES_S) is track
