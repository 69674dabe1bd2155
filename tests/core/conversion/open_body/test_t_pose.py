"""The T-pose: an exact inverse of skinning, and straight level arms."""

import numpy as np
import pytest

from core.conversion.open_body.t_pose import t_pose_joints, t_pose_rotations, t_pose_surface
from core.skeleton import JOINT_NAMES, MIRROR_JOINTS

MIRROR = np.array([-1.0, 1.0, 1.0])
LEFT_A_POSE = {
    "pelvis": (0, 1.0, 0), "spine1": (0, 1.1, 0), "spine2": (0, 1.2, 0), "spine3": (0, 1.3, 0), "neck": (0, 1.5, 0),
    "head": (0, 1.6, 0.02), "left_hip": (0.09, 0.92, 0), "left_knee": (0.15, 0.5, 0.02), "left_ankle": (0.2, 0.1, 0),
    "left_foot": (0.2, 0.03, 0.12), "left_collar": (0.06, 1.42, 0.02), "left_shoulder": (0.17, 1.43, 0),
    "left_elbow": (0.32, 1.25, 0), "left_wrist": (0.44, 1.14, 0.16), "left_hand": (0.48, 1.08, 0.22),
}  # fmt: skip


@pytest.fixture
def joints():
    result = np.zeros((24, 3))
    for name, place in LEFT_A_POSE.items():
        index = JOINT_NAMES.index(name)
        result[index] = place
        result[MIRROR_JOINTS[index]] = np.array(place) * MIRROR
    return result


@pytest.fixture
def rotations(joints):
    return t_pose_rotations(joints, np.array([0.02, -0.02, -0.05]))


def test_bones_keep_their_lengths_and_arms_become_level(joints, rotations):
    posed = t_pose_joints(joints, rotations)
    shoulder, elbow, wrist, hand = (
        posed[JOINT_NAMES.index(f"left_{n}")] for n in ("shoulder", "elbow", "wrist", "hand")
    )
    for start, end in ((shoulder, elbow), (elbow, wrist), (wrist, hand)):
        assert np.allclose((end - start) / np.linalg.norm(end - start), [1, 0, 0], atol=1e-12)
    before = joints[JOINT_NAMES.index("left_elbow")] - joints[JOINT_NAMES.index("left_shoulder")]
    assert np.linalg.norm(elbow - shoulder) == pytest.approx(np.linalg.norm(before))


def test_result_is_mirror_symmetric(joints, rotations):
    posed = t_pose_joints(joints, rotations)
    assert np.abs(posed - posed[list(MIRROR_JOINTS)] * MIRROR).max() < 1e-12


def test_palm_faces_down(rotations):
    knuckles = rotations[JOINT_NAMES.index("left_wrist")] @ np.array([0.02, -0.02, -0.05])
    assert knuckles[2] < 0
    assert abs(knuckles[1]) < 1e-12


def test_elbow_crease_faces_forward(joints, rotations):
    forearm = joints[JOINT_NAMES.index("left_wrist")] - joints[JOINT_NAMES.index("left_elbow")]
    bent = rotations[JOINT_NAMES.index("left_shoulder")] @ forearm
    assert bent[2] > 0
    assert abs(bent[1]) < 1e-12


def test_skinning_the_t_pose_back_gives_the_a_pose_exactly(joints, rotations):
    random = np.random.default_rng(2)
    surface = random.normal(0, 0.5, (50, 3))
    weights = random.dirichlet(np.ones(24), 50) * 0.3
    weights[np.arange(50), random.integers(0, 24, 50)] += 0.7
    posed = t_pose_joints(joints, rotations)
    t_pose = t_pose_surface(surface, weights, joints, posed, rotations)
    back = np.zeros_like(surface)
    for vertex in range(50):
        for joint in range(24):
            moved = rotations[joint].T @ (t_pose[vertex] - posed[joint]) + joints[joint]
            back[vertex] += weights[vertex, joint] * moved
    assert np.abs(back - surface).max() < 1e-9
