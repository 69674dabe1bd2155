import dataclasses

import numpy as np
import pytest

from core.between_looks import fill_between_looks
from core.tracks import Track


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
    filled, true = fill_between_looks(moving_track(looks), every), moving_track(range(91))
    for field in dataclasses.fields(Track):
        assert getattr(filled, field.name).shape == getattr(true, field.name).shape
    np.testing.assert_allclose(filled.timestamps, true.timestamps, atol=1e-12)
    np.testing.assert_allclose(filled.world_landmarks, true.world_landmarks, atol=0.02)
    np.testing.assert_array_equal(filled.keypoints2d_px[looks], true.keypoints2d_px[looks])
    assert not filled.is_filled.any()


def test_a_gap_stays_a_gap():
    filled = fill_between_looks(moving_track([0, 2, 4, 10, 12]), 2)
    assert filled.frame_ids.tolist() == [0, 1, 2, 3, 4, 10, 11, 12]


@pytest.mark.parametrize("frame_ids", [[7], [7, 9], range(5)])
def test_few_looks_and_every_frame_are_kept(frame_ids):
    track = moving_track(frame_ids)
    filled = fill_between_looks(track, 2)
    np.testing.assert_array_equal(filled.world_landmarks[np.isin(filled.frame_ids, frame_ids)], track.world_landmarks)
    assert filled.frame_ids.tolist() == list(range(frame_ids[0], frame_ids[-1] + 1))
    assert fill_between_looks(track, 1) is track
