import numpy as np
import pytest
from jointwise_ext.blender_addon.cleanup.filters import smooth_quats, smooth_series
from jointwise_ext.core.rotations import continuous_quat_wxyz, quat_wxyz_to_rotmat, rotvec_to_quat_wxyz


def naive_smooth(values, stiffness, weight):
    """The same smoother with one dense matrix."""
    second_difference = np.diff(np.eye(len(values)), n=2, axis=0)
    matrix = np.diag(weight) + stiffness * second_difference.T @ second_difference
    return np.linalg.solve(matrix, weight[:, None] * values)


def stiffness_of(period_s, rate):
    return (2 * np.sin(np.pi / (period_s * rate))) ** -4


@pytest.mark.parametrize("frame_count", [3, 4, 47, 48, 49, 95, 96, 97, 400])
def test_it_is_the_dense_smoother(frame_count):
    values = np.random.default_rng(frame_count).normal(size=(frame_count, 5))
    smoothed = smooth_series(values, np.arange(frame_count), 30.0, 0.4)
    naive = naive_smooth(values, stiffness_of(0.4, 30.0), np.ones(frame_count))
    assert np.allclose(smoothed, naive, atol=1e-9)


def test_missing_frames_have_no_weight():
    values, ids = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200)
    keep = ~np.isin(ids, [30, 31, 32, 90, 150])
    weight = keep.astype(float)
    naive = naive_smooth(values * weight[:, None], stiffness_of(0.3, 30.0), weight)
    assert np.allclose(smooth_series(values[keep], ids[keep], 30.0, 0.3), naive[keep], atol=1e-9)


def test_long_gaps_cut():
    values = np.concatenate([np.zeros(50), np.ones(50)])[:, None]
    ids = np.concatenate([np.arange(50), np.arange(50) + 200])
    assert np.allclose(smooth_series(values, ids, 30.0, 1.0), values, atol=1e-9)


def test_constants_and_straight_lines_stay():
    frames = np.arange(300)
    values = np.stack([np.full(300, 2.5), 0.1 * frames - 3], axis=1)
    assert np.allclose(smooth_series(values, frames, 30.0, 2.0), values, atol=1e-7)


def test_a_symmetric_signal_stays_symmetric_about_the_same_frame():
    frames = np.arange(201)
    bump = np.exp(-0.5 * ((frames - 100) / 4) ** 2)[:, None]
    smoothed = smooth_series(bump, frames, 30.0, 0.8)
    assert int(smoothed.argmax()) == 100
    assert np.allclose(smoothed, smoothed[::-1], atol=1e-9)
    assert smoothed.max() < 0.9


@pytest.mark.parametrize("rate", [24.0, 60.0])
def test_a_swing_of_the_period_keeps_half_its_size_at_any_rate(rate):
    frames = np.arange(int(rate * 20))
    swing = np.sin(2 * np.pi * frames / rate / 0.5)[:, None]
    middle = slice(len(frames) // 4, 3 * len(frames) // 4)
    smoothed = smooth_series(swing, frames, rate, 0.5)[middle]
    assert np.isclose(np.ptp(smoothed), 1.0, atol=0.02)


def test_no_period_and_few_frames_return_the_input():
    values = np.random.default_rng(0).normal(size=(2, 3))
    assert np.array_equal(smooth_series(values, np.arange(2), 30.0, 1.0), values)
    assert smooth_series(values, np.arange(2), 30.0, 0.0) is values


def test_rotations_turn_with_the_axes():
    """Smoothing and turning the world may be swapped."""
    rng = np.random.default_rng(1)
    rotvecs = np.cumsum(rng.normal(0, 0.1, (90, 3, 3)), axis=0)
    quats = continuous_quat_wxyz(rotvec_to_quat_wxyz(rotvecs))
    turn = rotvec_to_quat_wxyz(np.array([0.3, -2.0, 1.0]))
    turned = continuous_quat_wxyz(multiply(turn, quats))
    smoothed = smooth_quats(quats, np.arange(90), 30.0, 0.5)
    assert np.allclose(np.linalg.norm(smoothed, axis=-1), 1)
    assert np.allclose(
        quat_wxyz_to_rotmat(smooth_quats(turned, np.arange(90), 30.0, 0.5)),
        quat_wxyz_to_rotmat(turn) @ quat_wxyz_to_rotmat(smoothed),
        atol=1e-9,
    )


def multiply(first, second):
    w, x, y, z = first
    matrix = np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]])
    return second @ matrix.T
