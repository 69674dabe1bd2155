import numpy as np
import pytest

from core.rotations import rot6d_to_rotmat, rotmat_to_rot6d, rotvec_to_rotmat
from core.smoothing import smooth_root, smooth_rot6d, smooth_series

RATE_HZ = 30.0


def turning(frame_count, joints=3):
    time = np.arange(frame_count)[:, None, None] / RATE_HZ
    return rotmat_to_rot6d(rotvec_to_rotmat(np.tile([0.3, 1.0, -0.5], (1, joints, 1)) * time))


@pytest.mark.parametrize("frame_count", [0, 1, 2, 3, 4, 5, 6, 50])
def test_any_length_works_and_stays_a_rotation(frame_count):
    smoothed = smooth_rot6d(turning(frame_count), np.arange(frame_count), RATE_HZ)
    rotmat = rot6d_to_rotmat(smoothed)
    assert smoothed.shape == (frame_count, 3, 6)
    assert np.allclose(rotmat @ np.swapaxes(rotmat, -1, -2), np.eye(3), atol=1e-9)
    root = smooth_root(np.full((frame_count, 3), 2.0), np.arange(frame_count), RATE_HZ)
    assert np.allclose(root, 2.0)


def test_a_steady_turn_passes_unchanged():
    rot6d = turning(60)
    assert np.abs(smooth_rot6d(rot6d, np.arange(60), RATE_HZ) - rot6d).max() < 0.01


def test_turning_everything_first_or_last_is_the_same():
    rng = np.random.default_rng(0)
    noisy = rotmat_to_rot6d(rotvec_to_rotmat(rng.normal(size=(40, 2, 3)) * 0.2))
    turn = rotvec_to_rotmat(np.array([0.5, -1.2, 2.0]))
    ids = np.arange(40)
    turned_before = smooth_rot6d(rotmat_to_rot6d(turn @ rot6d_to_rotmat(noisy)), ids, RATE_HZ)
    turned_after = turn @ rot6d_to_rotmat(smooth_rot6d(noisy, ids, RATE_HZ))
    assert np.allclose(rot6d_to_rotmat(turned_before), turned_after)


def test_smoothing_has_no_lag():
    rng = np.random.default_rng(1)
    noisy = np.cumsum(rng.normal(size=(80, 2)), axis=0)
    ids = np.arange(80)
    forward = smooth_series(noisy, ids, RATE_HZ, 1.0)
    backward = smooth_series(noisy[::-1], ids, RATE_HZ, 1.0)[::-1]
    assert np.allclose(forward, backward)


def test_the_cutoff_halves_a_sine_and_slower_ones_pass():
    for rate in (24.0, 30.0, 60.0):
        time = np.arange(0, 20, 1 / rate)
        for frequency, gain in ((3.0, 0.5), (0.5, 1.0), (9.0, 0.0)):
            sine = np.sin(2 * np.pi * frequency * time)[:, None]
            middle = slice(len(time) // 4, -len(time) // 4)
            smoothed = smooth_series(sine, np.arange(len(time)), rate, 3.0)[middle]
            assert abs(smoothed.std() / sine[middle].std() - gain) < 0.03


def test_the_result_is_the_best_trade_of_closeness_and_acceleration():
    """The slow twin: the normal equations with dense matrices, missing frames left out of the closeness."""
    rng = np.random.default_rng(4)
    ids = np.array([0, 1, 2, 3, 6, 7, 8, 12, 13, 14])
    values = rng.normal(size=(10, 2))
    second = np.diff(np.eye(15), n=2, axis=0)
    pick = np.eye(15)[ids]
    stiffness = (2 * np.sin(np.pi * 2.0 / RATE_HZ)) ** -4
    dense = np.linalg.solve(pick.T @ pick + stiffness * second.T @ second, pick.T @ values)
    assert np.allclose(smooth_series(values, ids, RATE_HZ, 2.0), dense[ids])


def test_the_filter_does_not_reach_across_a_long_gap():
    ids = np.concatenate([np.arange(20), np.arange(100, 120)])
    values = np.concatenate([np.zeros((20, 1)), np.ones((20, 1))])
    assert np.allclose(smooth_series(values, ids, RATE_HZ, 1.0), values)


def test_a_short_gap_does_not_disturb_a_straight_line():
    ids = np.array([0, 1, 2, 3, 4, 8, 9, 10, 11, 12])
    line = 0.1 * ids[:, None].astype(float)
    assert np.allclose(smooth_series(line, ids, RATE_HZ, 2.0), line)


def test_depth_is_smoothed_more_than_the_direction_and_the_image_point_stays():
    rng = np.random.default_rng(3)
    depth = 4 + 0.1 * rng.normal(size=(90, 1))
    pelvis = np.concatenate([0.25 * depth, -0.1 * depth, depth], axis=1)
    smoothed = smooth_root(pelvis, np.arange(90), RATE_HZ)
    assert np.allclose(smoothed[:, :2] / smoothed[:, 2:], [[0.25, -0.1]] * 90)
    assert np.diff(smoothed[:, 2], n=2).std() < 0.03 * np.diff(pelvis[:, 2], n=2).std()
