"""Known answers, and slow twins in plain loops."""

import numpy as np
import pytest

from core.rotations import rotvec_to_rotmat
from core.skeleton import BODY_LANDMARKS
from core.training.evaluation.metrics import (
    acceleration,
    hidden_error_mm,
    joint_angle_errors_deg,
    per_joint_errors_mm,
    point_scores,
    rooted,
    vertex_error_mm,
)
from core.training.metrics import motion_errors

RNG = np.random.default_rng(0)
TRUE = [RNG.normal(size=(frames, 5, 3)) for frames in (7, 4, 12)]
PREDICTED = [1.05 * points + 0.05 * RNG.normal(size=points.shape) for points in TRUE]


def naive_acceleration(predicted, true):
    sizes, errors = [], []
    for p, t in zip(predicted, true, strict=True):
        for frame in range(1, len(p) - 1):
            for joint in range(p.shape[1]):
                a = p[frame + 1, joint] - 2 * p[frame, joint] + p[frame - 1, joint]
                b = t[frame + 1, joint] - 2 * t[frame, joint] + t[frame - 1, joint]
                sizes.append(1000 * np.sqrt((a**2).sum()))
                errors.append(1000 * np.sqrt(((a - b) ** 2).sum()))
    return np.mean(sizes), np.mean(errors)


def test_acceleration_equals_the_naive_twin_within_sequences_and_across_their_borders():
    p, t = ([rooted(points, (0, 1)) for points in side] for side in (PREDICTED, TRUE))
    assert np.allclose(acceleration(p, t), naive_acceleration(p, t))
    joined = [np.concatenate(p)], [np.concatenate(t)]
    assert np.allclose(acceleration(p, t, "vibe"), naive_acceleration(*joined))


def test_all_scores_equal_those_of_the_landmark_metrics():
    """The same figures by the metrics that the trainer uses, on sequences of one length."""
    true = RNG.normal(size=(2, 9, 33, 3))
    predicted = true + 0.05 * RNG.normal(size=true.shape)
    expected = motion_errors(predicted, true)
    body = [list(side[:, :, list(BODY_LANDMARKS)]) for side in (predicted, true)]
    scores = point_scores(*body, root_joints=(6, 7))
    assert scores.mpjpe_mm == pytest.approx(expected.mpjpe_mm)
    assert scores.pa_mpjpe_mm == pytest.approx(expected.pa_mpjpe_mm)
    assert (scores.acc, scores.acc_error) == pytest.approx(
        (expected.acc_mm_per_frame2, expected.acc_error_mm_per_frame2)
    )


def test_the_errors_pool_frames_of_all_sequences():
    scores = point_scores(PREDICTED, TRUE, (2,))
    distances = [
        1000 * np.linalg.norm((p[f, j] - p[f, 2]) - (t[f, j] - t[f, 2]))
        for p, t in zip(PREDICTED, TRUE, strict=True)
        for f in range(len(p))
        for j in range(5)
    ]
    assert scores.mpjpe_mm == pytest.approx(np.mean(distances))


def test_steady_motion_has_no_acceleration_but_borders_have():
    steady = [np.arange(8)[:, None, None] * np.ones((8, 3, 3)) for _ in range(2)]
    assert acceleration(steady, steady) == (0, 0)
    size, error = acceleration(steady, steady, "vibe")
    assert size > 0 and error == 0


def test_a_known_acceleration():
    """x = t^2 / 2 metres has a second difference of 1 m = 1000 mm in x."""
    points = np.zeros((6, 2, 3))
    points[:, 1, 0] = np.arange(6) ** 2 / 2
    size, error = acceleration([points], [np.zeros_like(points)])
    assert size == pytest.approx(500) and error == pytest.approx(500)


def test_sequences_of_two_frames_have_no_acceleration():
    assert acceleration([TRUE[0][:2]], [TRUE[0][:2]]) == (0.0, 0.0)


def test_a_shift_of_the_surface_is_its_vertex_error():
    surface = RNG.normal(size=(2, 50, 3))
    assert vertex_error_mm(surface + np.array([0.003, 0.004, 0.0]), surface) == pytest.approx(5)


@pytest.mark.parametrize("angle_deg", [0.0, 1e-5, 1.0, 90.0, 179.99, 180.0])
def test_angles_are_exact_from_zero_to_the_half_turn(angle_deg):
    axis = np.array([0.36, 0.48, 0.8])
    true = rotvec_to_rotmat(RNG.normal(size=(3, 24, 3)))
    turned = true @ rotvec_to_rotmat(np.deg2rad(angle_deg) * axis)
    assert np.allclose(joint_angle_errors_deg(turned, true), angle_deg, atol=1e-6)


def test_a_joints_error_stays_with_the_joint():
    moved = TRUE[0].copy()
    moved[:, 4, 1] += 0.25
    assert np.allclose(per_joint_errors_mm(moved, TRUE[0], (0,)), [0, 0, 0, 0, 250])


def test_only_hidden_points_count():
    hidden = np.zeros(TRUE[0].shape[:2], bool)
    hidden[2, 3] = True
    moved = TRUE[0].copy()
    moved[2, 3, 0] += 0.1
    moved[5, 1] += 9.0
    assert hidden_error_mm(moved, TRUE[0], hidden) == pytest.approx(100)
    assert np.isnan(hidden_error_mm(moved, TRUE[0], np.zeros_like(hidden)))
