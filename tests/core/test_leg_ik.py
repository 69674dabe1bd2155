import numpy as np
import pytest

from core.leg_ik import bend_leg, shortest_arc
from core.rotations import rotvec_to_rotmat


@pytest.fixture
def legs():
    """Hips, knees, ankles and hinges of fifty legs in all positions, bent from 3 to 120 degrees."""
    random = np.random.default_rng(0)
    bend = np.radians(np.linspace(3, 120, 50))
    turn = rotvec_to_rotmat(random.normal(0, 1, (50, 3)))
    thigh = np.tile([0.0, -0.39, 0.0], (50, 1))
    shin = np.stack([np.zeros(50), -0.4 * np.cos(bend), -0.4 * np.sin(bend)], axis=1)
    hip = random.normal(0, 1, (50, 3))
    knee = hip + (turn @ thigh[..., None])[..., 0]
    return hip, knee, knee + (turn @ shin[..., None])[..., 0], turn[:, :, 0]


def moved(legs, target):
    hip, knee, ankle, hinge = legs
    at_hip, at_knee = bend_leg(hip, knee, ankle, hinge, target)
    new_knee = hip + (at_hip @ (knee - hip)[..., None])[..., 0]
    return new_knee, new_knee + (at_knee @ (ankle - knee)[..., None])[..., 0], at_hip, at_knee


def test_an_ankle_that_is_where_it_should_be_stays(legs):
    _, ankle, at_hip, at_knee = moved(legs, legs[2])
    np.testing.assert_allclose(at_hip, np.broadcast_to(np.eye(3), at_hip.shape), atol=1e-7)
    np.testing.assert_allclose(at_knee, np.broadcast_to(np.eye(3), at_knee.shape), atol=1e-7)
    np.testing.assert_allclose(ankle, legs[2], atol=1e-7)


def test_the_ankle_reaches_its_target_and_the_bones_keep_their_lengths(legs):
    hip, _, ankle, _ = legs
    target = ankle + np.random.default_rng(1).normal(0, 0.03, (50, 3))
    near = np.linalg.norm(target - hip, axis=1) < 0.95 * 0.79
    was_near = np.linalg.norm(ankle - hip, axis=1) < 0.95 * 0.79
    new_knee, new_ankle, _, _ = moved(legs, target)
    assert (near & was_near).sum() > 25
    np.testing.assert_allclose(new_ankle[near & was_near], target[near & was_near], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(new_knee - hip, axis=1), 0.39, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(new_ankle - new_knee, axis=1), 0.4, atol=1e-9)


def test_a_target_along_the_leg_keeps_the_knees_plane(legs):
    hip, knee, ankle, _ = legs
    normal = np.cross(knee - hip, ankle - knee)
    new_knee, _, _, _ = moved(legs, hip + 0.95 * (ankle - hip))
    off_plane = ((new_knee - hip) * normal).sum(axis=1) / np.linalg.norm(normal, axis=1)
    bent_enough = np.linalg.norm(normal, axis=1) > 0.02
    np.testing.assert_allclose(off_plane[bent_enough], 0, atol=4e-3)


def test_a_far_target_stretches_the_leg_softly():
    """A target that moves away evenly never makes the knee jump."""
    count = 200
    hip, knee, ankle = (np.tile(point, (count, 1)) for point in ([0, 0.8, 0], [0, 0.42, 0.1], [0, 0.03, 0.02]))
    target = ankle + np.linspace(0, 1, count)[:, None] * np.array([0, -0.1, 0])
    new_knee, new_ankle, _, _ = moved((hip, knee, ankle, np.tile([1.0, 0, 0], (count, 1))), target)
    thigh, shin = new_knee - hip, new_ankle - new_knee
    angle = np.arccos((thigh * shin).sum(1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shin, axis=1))
    assert (np.diff(angle) < 1e-9).all()
    assert np.abs(np.diff(angle, n=2)).max() < 0.01


def test_the_shortest_arc_turns_one_direction_into_the_other():
    random = np.random.default_rng(2)
    start, end = random.normal(size=(20, 3)), random.normal(size=(20, 3))
    turned = (shortest_arc(start, end) @ start[..., None])[..., 0]
    np.testing.assert_allclose(
        turned / np.linalg.norm(turned, axis=1, keepdims=True), end / np.linalg.norm(end, axis=1, keepdims=True)
    )
    np.testing.assert_allclose(shortest_arc(start, 2 * start), np.broadcast_to(np.eye(3), (20, 3, 3)), atol=1e-12)
