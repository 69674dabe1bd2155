import numpy as np
from blender_addon_synthetic import synthetic_motion
from jointwise_ext.blender_addon.rest_pose import rest_joints_of_motion, shape_body, stand_up
from jointwise_ext.core.body_file import load_body_file, open_body_path


def test_rest_joints_follow_from_the_motion_alone(motion):
    shaped = shape_body(load_body_file(open_body_path()), motion.betas)
    assert np.abs(rest_joints_of_motion(motion) - shaped.joints).max() < 1e-5


def test_rest_joints_follow_from_a_single_frame():
    motion = synthetic_motion(frame_count=1)
    shaped = shape_body(load_body_file(open_body_path()), motion.betas)
    assert np.abs(rest_joints_of_motion(motion) - shaped.joints).max() < 1e-5


def test_standing_rest_has_its_soles_at_zero(motion):
    shaped = shape_body(load_body_file(open_body_path()), motion.betas)
    rest = stand_up(shaped.joints, shaped.sole_height)
    assert abs(rest.to_armature(shaped.vertices)[:, 2].min()) < 1e-9
    assert np.allclose(rest.to_armature(shaped.joints), rest.heads)
    assert np.all(shaped.foot_landmark_heights >= 0)
    assert np.all(shaped.foot_landmark_heights < 0.1)
