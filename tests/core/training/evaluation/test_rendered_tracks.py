import dataclasses

import numpy as np
import pytest
from scipy.signal import savgol_filter

from core.segments import true_runs
from core.training.evaluation.rendered_tracks import (
    box_overlap,
    match_person,
    savgol_track,
    spread_over_frames,
    thinning,
    track_of_truth,
)
from tests.core.training.evaluation.rendered_shots import make_shot


def test_rows_lie_at_their_frames_and_the_rest_is_missing():
    dense = spread_over_frames(np.array([[1.0], [2.0], [3.0]]), np.array([1, 2, 9]), 5)
    assert np.array_equal(dense[:, 0], [np.nan, 1, 2, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ([1, 1, 0, 1], [(0, 2), (3, 4)]),
        ([0, 0], []),
        ([0, 1, 1, 1], [(1, 4)]),
    ],
)
def test_runs_are_the_stretches_without_gaps(present, expected):
    assert [(run.start, run.stop) for run in true_runs(np.array(present, bool))] == expected


@pytest.mark.parametrize(
    ("rate_hz", "expected"), [(30.0, (1, 1.0)), (60.0, (2, 1.0)), (25.0, (1, 25 / 30)), (50.0, (2, 25 / 30))]
)
def test_thinning_comes_near_to_30_frames_a_second(rate_hz, expected):
    assert thinning(rate_hz) == pytest.approx(expected)


def test_box_overlap_of_hand_made_boxes():
    first = np.array([[[0.0, 0.0], [2.0, 2.0]]] * 3)
    second = np.array([[[1.0, 0.0], [3.0, 2.0]], [[5.0, 5.0], [6.0, 6.0]], [[np.nan, 0.0], [1.0, 1.0]]])
    assert box_overlap(first, second) == pytest.approx([1 / 3, 0, 0])


def test_the_person_with_the_greater_overlap_is_meant():
    people = [make_shot(), make_shot(shift_m=1.0)]
    seen = people[1].keypoints2d_px + np.array([-30.0, 5.0])
    seen[:10] = np.nan
    assert match_person(seen, people) == 1
    assert match_person(people[0].keypoints2d_px, people) == 0


def test_smoothing_keeps_to_each_run_and_leaves_short_ones():
    track = track_of_truth(make_shot(60))
    noisy = track.landmarks + np.random.default_rng(0).normal(0, 0.02, track.landmarks.shape)
    noisy[20] = noisy[26] = np.nan
    smoothed = savgol_track(dataclasses.replace(track, landmarks=noisy), 30.0).landmarks
    # 350 ms are 11 frames at 30 frames a second.
    assert np.allclose(smoothed[:20], savgol_filter(noisy[:20], 11, 3, axis=0))
    assert np.allclose(smoothed[27:], savgol_filter(noisy[27:], 11, 3, axis=0))
    assert np.array_equal(smoothed[20:27], noisy[20:27], equal_nan=True)
