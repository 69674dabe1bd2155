"""Kinematics and skinning against slow twins, and facts about the open body."""

import numpy as np
import pytest

from core.body_model import BodyModel, load_open_body
from core.rotations import rotvec_to_rotmat
from core.skeleton import JOINT_NAMES, LANDMARK_NAMES, MIRROR_JOINTS, MIRROR_LANDMARKS, PARENTS

MIRROR = np.array([-1.0, 1.0, 1.0])
JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}
LANDMARK = {name: index for index, name in enumerate(LANDMARK_NAMES)}


@pytest.fixture(scope="module")
def model() -> BodyModel:
    return load_open_body()


@pytest.fixture
def pose():
    """Random rotations (5, 24, 3, 3), betas (10,), transl (5, 3)."""
    random = np.random.default_rng(4)
    return rotvec_to_rotmat(random.normal(0, 0.6, (5, 24, 3))), random.normal(0, 1, 10), random.normal(0, 2, (5, 3))


def rest_pose(frame_count=1):
    return np.tile(np.eye(3), (frame_count, 24, 1, 1)), np.zeros(10), np.zeros((frame_count, 3))


def chain_transforms(model, rotmat, betas, transl):
    """Return each joint's (T, 24, 4, 4) transform, multiplied joint by joint from the root (slow twin)."""
    rest = model.rest_joints(betas)
    result = np.zeros((len(rotmat), 24, 4, 4))
    for frame in range(len(rotmat)):
        for joint, parent in enumerate(PARENTS):
            local = np.eye(4)
            local[:3, :3] = rotmat[frame, joint]
            local[:3, 3] = rest[joint] - rest[parent] if parent >= 0 else rest[0] + transl[frame]
            result[frame, joint] = result[frame, parent] @ local if parent >= 0 else local
    return result


def test_joints_equal_the_4x4_chain(model, pose):
    joints, global_rotmat = model.pose_joints(*pose)
    chain = chain_transforms(model, *pose)
    assert np.abs(joints - chain[..., :3, 3]).max() < 1e-12
    assert np.abs(global_rotmat - chain[..., :3, :3]).max() < 1e-12


def test_skinning_equals_the_4x4_sum(model, pose):
    rotmat, betas, _ = pose
    chain = chain_transforms(model, *pose)
    rest_joints, rest = model.rest_joints(betas), model.rest_vertices(betas)
    vertices = model.pose_vertices(*pose)
    for vertex in range(0, len(rest), 397):
        for frame in range(len(rotmat)):
            expected = sum(
                weight * (chain[frame, joint] @ np.append(rest[vertex] - rest_joints[joint], 1))[:3]
                for joint, weight in enumerate(model.body_file.lbs_weights[vertex].astype(float))
            )
            assert np.abs(vertices[frame, vertex] - expected).max() < 1e-6


def test_rest_pose_gives_the_rest_surface(model):
    rotmat, _, transl = rest_pose()
    betas = np.array([1.0, -1, 0.5, 0, 0, 2, 0, 0, 0, 0])
    assert np.abs(model.pose_vertices(rotmat, betas, transl)[0] - model.rest_vertices(betas)).max() < 1e-6
    assert np.abs(model.pose_joints(rotmat, betas, transl)[0][0] - model.rest_joints(betas)).max() < 1e-12


def test_pelvis_lies_at_rest_pelvis_plus_transl(model, pose):
    _, betas, transl = pose
    assert np.allclose(model.pose_joints(*pose)[0][:, 0], model.rest_joints(betas)[0] + transl)


def test_landmarks_equal_those_on_the_full_surface(model, pose):
    body = model.body_file
    joints, _ = model.pose_joints(*pose)
    vertices = model.pose_vertices(*pose)[:, body.landmark_vertex_ids]
    expected = body.landmark_joint_weights @ joints + body.landmark_vertex_weights @ vertices
    assert np.abs(model.pose_landmarks(*pose) - expected).max() < 1e-6


def test_root_rotation_and_translation_move_everything_rigidly(model, pose):
    rotmat, betas, transl = pose
    turn = rotvec_to_rotmat(np.array([0.3, -1.2, 2.0]))
    turned = rotmat.copy()
    turned[:, 0] = turn @ rotmat[:, 0]
    pelvis = model.rest_joints(betas)[0]
    before = model.pose_landmarks(rotmat, betas, transl) - pelvis - transl[:, None]
    after = model.pose_landmarks(turned, betas, transl + 1) - pelvis - transl[:, None] - 1
    assert np.abs(after - before @ turn.T).max() < 1e-6


def test_mirrored_pose_gives_mirrored_joints_and_landmarks(model, pose):
    rotmat, betas, transl = pose
    flip = np.diag(MIRROR)
    mirrored = (flip @ rotmat @ flip)[:, MIRROR_JOINTS]
    joints, _ = model.pose_joints(rotmat, betas, transl)
    mirrored_joints, _ = model.pose_joints(mirrored, betas, transl * MIRROR)
    assert np.abs(mirrored_joints - joints[:, MIRROR_JOINTS] * MIRROR).max() < 1e-3
    landmarks = model.pose_landmarks(rotmat, betas, transl)
    mirrored_landmarks = model.pose_landmarks(mirrored, betas, transl * MIRROR)
    assert np.abs(mirrored_landmarks - landmarks[:, MIRROR_LANDMARKS] * MIRROR).max() < 1e-3


def test_float32_stays_float32_and_no_frames_are_fine(model, pose):
    rotmat, betas, transl = (array.astype(np.float32) for array in pose)
    assert model.pose_landmarks(rotmat, betas, transl).dtype == np.float32
    assert np.abs(model.pose_landmarks(rotmat, betas, transl) - model.pose_landmarks(*pose)).max() < 1e-5
    assert model.pose_landmarks(rotmat[:0], betas, transl[:0]).shape == (0, 33, 3)
    assert model.pose_vertices(rotmat[:0], betas, transl[:0]).shape == (0, len(model.body_file.v_template), 3)


def test_first_beta_is_stature(model):
    heights = [np.ptp(model.rest_vertices(np.eye(10)[0] * beta)[:, 1]) for beta in np.linspace(-3, 3, 13)]
    assert (np.diff(heights) > 0).all()
    assert heights[0] > 1.3
    assert heights[-1] < 2.1
    assert 1.6 < heights[6] < 1.75
    for other in range(1, 10):
        swing = np.ptp([np.ptp(model.rest_vertices(np.eye(10)[other] * beta)[:, 1]) for beta in (-1, 1)])
        assert swing < 0.25 * (heights[8] - heights[4])


@pytest.mark.parametrize("betas", [np.zeros(10), np.array([2.0, -1, 1, 0.5, 0, 0, -2, 0, 1, 1])])
def test_rest_is_a_t_pose(model, betas):
    joints = model.rest_joints(betas)

    def direction(start, end):
        bone = joints[JOINT[end]] - joints[JOINT[start]]
        return bone / np.linalg.norm(bone)

    for start, end in (("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("left_wrist", "left_hand")):
        assert direction(start, end)[0] > 0.9999
    assert direction("left_hip", "left_knee")[1] < -0.99
    assert direction("pelvis", "neck")[1] > 0.99
    assert direction("left_ankle", "left_foot")[2] > 0.8
    landmarks = model.pose_landmarks(rest_pose()[0], betas, np.zeros((1, 3)))[0]
    assert landmarks[LANDMARK["nose"], 2] > joints[JOINT["head"], 2] + 0.08
    # Palms down: the thumb side of the hand is in front.
    assert landmarks[LANDMARK["left_index"], 2] > landmarks[LANDMARK["left_pinky"], 2] + 0.02


def test_limb_lengths_follow_the_literature(model):
    """De Leva 1996 and Drillis & Contini 1966, fractions of stature; see docs/body.md."""
    joints = model.rest_joints(np.zeros(10))
    stature = np.ptp(model.body_file.v_template[:, 1])
    expected = {
        ("left_shoulder", "left_elbow"): 0.160,
        ("left_elbow", "left_wrist"): 0.154,
        ("left_hip", "left_knee"): 0.236,
        ("left_knee", "left_ankle"): 0.247,
    }
    for (start, end), fraction in expected.items():
        length = np.linalg.norm(joints[JOINT[start]] - joints[JOINT[end]])
        assert length / stature == pytest.approx(fraction, abs=0.006)


def test_heels_and_toes_are_near_the_floor(model):
    landmarks = model.pose_landmarks(*rest_pose())[0]
    floor = model.body_file.v_template[:, 1].min()
    for name in ("left_heel", "right_heel", "left_foot_index", "right_foot_index"):
        assert 0 <= landmarks[LANDMARK[name], 1] - floor < 0.025


def test_shoulders_stay_round_when_the_arms_hang(model):
    """Skinning must not thin the upper arm where it leaves the trunk, nor lift the shoulder line."""
    rotmat, betas, transl = rest_pose()
    for side, sign in (("left", -1), ("right", 1)):
        rotmat[0, JOINT[f"{side}_shoulder"]] = rotvec_to_rotmat(np.array([0, 0, sign * np.deg2rad(75)]))
    vertices = model.pose_vertices(rotmat, betas, transl)[0]
    joints = model.pose_joints(rotmat, betas, transl)[0][0]
    shoulder, neck = joints[JOINT["left_shoulder"]], joints[JOINT["neck"]]
    near = vertices[np.abs(vertices[:, 0] - shoulder[0]) < 0.02]
    top = near[:, 1].max()
    assert 0.02 < top - shoulder[1] < 0.07
    # The shoulder line falls from the neck to the arm instead of standing square.
    line = vertices[np.abs(vertices[:, 0] - 0.5 * shoulder[0]) < 0.02]
    trunk_top = line[line[:, 1] < neck[1] + 0.02][:, 1].max()
    assert trunk_top > top + 0.005
