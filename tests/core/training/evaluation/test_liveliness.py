import numpy as np
import pytest

from core.training.evaluation.liveliness import FAST_LANDMARKS, liveliness

RATE_HZ = 30.0


@pytest.fixture
def landmarks():
    """Two windows of punches and kicks: hands and feet swing at 1 to 2 Hz, the rest stands."""
    time_s = np.arange(90) / RATE_HZ
    points = np.zeros((2, 90, 33, 3))
    for window in range(2):
        for number, landmark in enumerate(FAST_LANDMARKS):
            points[window, :, landmark, number % 3] = 0.4 * np.sin(2 * np.pi * (1 + 0.3 * number) * time_s + window)
    return points


def test_the_truth_keeps_everything_and_is_not_late(landmarks):
    result = liveliness(landmarks, landmarks, RATE_HZ)
    assert result.peak_speed_ratio == pytest.approx(1)
    assert result.lag_frames == pytest.approx(0, abs=0.05)


def test_half_the_movement_has_half_the_peak_speed(landmarks):
    assert liveliness(0.5 * landmarks, landmarks, RATE_HZ).peak_speed_ratio == pytest.approx(0.5)


@pytest.mark.parametrize("lag", [-3, 1, 4])
def test_a_late_motion_is_late_by_so_many_frames(landmarks, lag):
    late = np.roll(landmarks, lag, axis=1)[:, 6:-6]
    result = liveliness(late, landmarks[:, 6:-6], RATE_HZ)
    assert result.lag_frames == pytest.approx(lag, abs=0.05)


def test_a_fraction_of_a_frame_is_seen(landmarks):
    blended = 0.5 * (landmarks + np.roll(landmarks, 1, axis=1))
    assert liveliness(blended[:, 2:], landmarks[:, 2:], RATE_HZ).lag_frames == pytest.approx(0.5, abs=0.05)


def test_moving_the_whole_body_changes_nothing(landmarks):
    drift = np.cumsum(np.random.default_rng(0).normal(0, 0.1, (2, 90, 1, 3)), axis=1)
    moved = liveliness(landmarks + drift, landmarks, RATE_HZ)
    assert moved.peak_speed_ratio == pytest.approx(1)


def test_slow_movement_has_no_peaks_to_keep(landmarks):
    assert np.isnan(liveliness(landmarks, 0.01 * landmarks, RATE_HZ).peak_speed_ratio)
