import numpy as np
from jointwise_ext.blender_addon.cleanup.prior import blend_joints, slerp_quat_wxyz
from jointwise_ext.core.rotations import quat_wxyz_to_rotmat, rotmat_to_rotvec, rotvec_to_quat_wxyz


def two_results(frame_count=20):
    rng = np.random.default_rng(0)
    return rng.normal(0, 1, (frame_count, 24, 3)), rng.normal(0, 1, (frame_count, 24, 3))


def test_the_ends_are_the_inputs():
    per_frame, estimate = two_results()
    assert np.array_equal(blend_joints(per_frame, estimate, np.ones(24)), rotvec_to_quat_wxyz(estimate))
    blended = blend_joints(per_frame, estimate, np.zeros(24))
    assert np.allclose(quat_wxyz_to_rotmat(blended), quat_wxyz_to_rotmat(rotvec_to_quat_wxyz(per_frame)), atol=1e-12)


def test_joints_keep_their_own_share():
    per_frame, estimate = two_results()
    weights = np.ones(24)
    weights[[4, 18]] = 0.0
    blended = blend_joints(per_frame, estimate, weights)
    others = np.setdiff1d(np.arange(24), [4, 18])
    assert np.array_equal(blended[:, others], rotvec_to_quat_wxyz(estimate)[:, others])
    assert np.allclose(blended[:, [4, 18]], rotvec_to_quat_wxyz(per_frame)[:, [4, 18]], atol=1e-12)


def test_a_share_turns_by_that_share_of_the_angle_the_shorter_way():
    start, end = rotvec_to_quat_wxyz(two_results()[0]), rotvec_to_quat_wxyz(two_results()[1])
    between = slerp_quat_wxyz(start, end, np.full(24, 0.3))
    whole, part = angle_between(start, end), angle_between(start, between)
    assert np.all(whole <= np.pi)
    assert np.allclose(part, 0.3 * whole, atol=1e-6)
    assert np.allclose(angle_between(between, end), 0.7 * whole, atol=1e-6)


def test_equal_and_opposite_quaternions_are_one_rotation():
    quat = rotvec_to_quat_wxyz(np.array([[0.2, 0.1, -0.4]]))
    assert np.allclose(slerp_quat_wxyz(quat, -quat, np.array([0.5])), quat)
    assert np.allclose(slerp_quat_wxyz(quat, quat, np.array([0.5])), quat)


def angle_between(first, second):
    relative = np.swapaxes(quat_wxyz_to_rotmat(first), -1, -2) @ quat_wxyz_to_rotmat(second)
    return np.linalg.norm(rotmat_to_rotvec(relative), axis=-1)
