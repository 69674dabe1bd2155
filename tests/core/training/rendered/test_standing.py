import numpy as np

from core.body_model import load_open_body
from core.rotations import rotvec_to_rotmat
from core.skeleton import CONTACT_LANDMARKS, JOINT_NAMES
from core.training.rendered.motions import Motion
from core.training.rendered.procedural_motions import running_motion, sitting_motion
from core.training.rendered.standing import foot_contacts, pose_body, posed_points, sole_vertices, stand_on_floor


def test_a_posed_body_is_the_body_models(body):
    random = np.random.default_rng(0)
    rotmat = rotvec_to_rotmat(random.normal(0, 0.4, (5, 24, 3)))
    pelvis = random.normal(0, 1, (5, 3))
    posed = pose_body(body, Motion(rotmat, pelvis))
    model, betas = load_open_body(), np.zeros(10)
    transl = pelvis - model.rest_joints(betas)[0]
    np.testing.assert_allclose(posed.joints, model.pose_joints(rotmat, betas, transl)[0], atol=1e-5)
    np.testing.assert_allclose(posed.landmarks, model.pose_landmarks(rotmat, betas, transl), atol=1e-4)
    skin = posed_points(body, posed.transforms, np.arange(len(body.vertices)))
    np.testing.assert_allclose(skin, model.pose_vertices(rotmat, betas, transl), atol=1e-4)


def test_the_soles_come_to_the_floor(body, standing):
    motion, contacts = stand_on_floor(body, standing, 30.0, 0.3)
    soles = posed_points(body, pose_body(body, motion).transforms, sole_vertices(body))
    np.testing.assert_allclose(soles[..., 1].min(axis=1), 0.3, atol=1e-3)
    assert contacts.all()


def test_a_body_that_glides_with_straight_legs_is_held_by_its_feet(body, standing):
    gliding = Motion(standing.rotmat, standing.pelvis + np.linspace(0, 0.4, 60)[:, None] * [1.0, 0.0, 0.0])
    motion, _ = stand_on_floor(body, gliding, 30.0, 0.0)
    feet = pose_body(body, motion).landmarks[:, list(CONTACT_LANDMARKS)]
    assert np.abs(np.diff(feet, axis=0)).max() < 1e-3


def contacts_of(body, motion):
    return foot_contacts(pose_body(body, motion).landmarks[:, list(CONTACT_LANDMARKS)], 30.0)


def test_a_foot_in_the_air_or_on_the_move_does_not_stand(body, standing):
    rotmat = standing.rotmat.copy()
    rotmat[:, JOINT_NAMES.index("left_knee")] = rotvec_to_rotmat(np.array([1.2, 0.0, 0.0]))
    contacts = foot_contacts(
        pose_body(body, Motion(rotmat, standing.pelvis)).landmarks[:, list(CONTACT_LANDMARKS)], 30.0
    )
    assert not contacts[:, :2].any()
    assert contacts[:, 2:].all()
    fast = standing.pelvis + np.arange(60)[:, None] * [0.05, 0.0, 0.0]
    assert not foot_contacts(
        pose_body(body, Motion(standing.rotmat, fast)).landmarks[:, list(CONTACT_LANDMARKS)], 30.0
    ).any()


def test_the_runner_gets_ahead_on_alternating_feet_and_leaves_the_floor_between(body):
    motion, contacts = stand_on_floor(body, running_motion(90, 60.0, 5), 60.0, 0.0)
    speed = (motion.pelvis[-1, 2] - motion.pelvis[0, 2]) / (89 / 60)
    assert 2.0 < speed < 4.5
    left, right = contacts[:, :2].any(axis=1), contacts[:, 2:].any(axis=1)
    assert left.any()
    assert right.any()
    assert not (left & right).any()
    feet = pose_body(body, motion).landmarks[:, list(CONTACT_LANDMARKS), 1]
    assert (feet.min(axis=1) > 0.04).any()
    assert feet.min() > -0.03


def test_sitting_down_bends_the_knees_and_leaves_the_feet_where_they_are(body, standing):
    sitting = sitting_motion(standing, 30.0, (0.3, 1.0), (9.0, 9.5))
    motion, contacts = stand_on_floor(body, sitting, 30.0, 0.0, never_lifts=True)
    posed = pose_body(body, motion)
    feet = posed.landmarks[:, list(CONTACT_LANDMARKS)]
    assert np.linalg.norm(feet - feet[:1], axis=-1).max() < 0.03
    assert contacts.mean() > 0.9
    drop = posed.joints[0, 0, 1] - posed.joints[-1, 0, 1]
    assert 0.3 < drop < 0.55
    hip, knee = (posed.joints[-1, JOINT_NAMES.index(f"left_{name}")] for name in ("hip", "knee"))
    assert abs(hip[1] - knee[1]) < 0.15
    assert knee[2] - hip[2] > 0.3
