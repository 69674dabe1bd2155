import numpy as np

from core.refinement.fit_evidence import ACTIVE_JOINTS, LANDMARKS
from core.refinement.landmark_chain import LandmarkChain
from core.refinement.rotation_offsets import right_jacobian
from core.rotations import rotvec_to_rotmat


def random_rotmat(seed, count=2):
    return rotvec_to_rotmat(np.random.default_rng(seed).normal(0, 0.5, (count, 24, 3)))


def test_the_landmarks_are_the_body_models(body):
    rotmat, betas = random_rotmat(0), np.array([1.0, -0.5, 0.3] + [0.0] * 7)
    posed = LandmarkChain(body, betas, LANDMARKS, ACTIVE_JOINTS).pose(rotmat)
    expected = body.pose_landmarks(rotmat, betas, np.zeros((2, 3)) - body.rest_joints(betas)[0])
    np.testing.assert_allclose(posed.points, expected[:, list(LANDMARKS)], atol=1e-6)


def test_the_derivatives_are_those_of_small_turns(body):
    rotmat, betas = random_rotmat(1), np.zeros(10)
    chain = LandmarkChain(body, betas, LANDMARKS, ACTIVE_JOINTS)
    posed = chain.pose(rotmat)
    jacobian = chain.jacobian(posed, posed.global_rotmat[:, list(ACTIVE_JOINTS)])
    step = 1e-6
    for place, joint in enumerate(ACTIVE_JOINTS):
        for axis in range(3):
            turn = np.zeros(3)
            turn[axis] = step
            ends = []
            for sign in (1, -1):
                turned = rotmat.copy()
                turned[:, joint] = turned[:, joint] @ rotvec_to_rotmat(sign * turn)
                ends.append(chain.pose(turned).points)
            np.testing.assert_allclose(jacobian[..., place, axis], (ends[0] - ends[1]) / (2 * step), atol=1e-7)


def test_the_right_jacobian_joins_two_turns():
    random = np.random.default_rng(2)
    for size in (1e-5, 0.01, 1.0, 3.0):
        rotvec, small = random.normal(0, size, (20, 3)), 1e-6 * random.normal(size=(20, 3))
        joined = rotvec_to_rotmat(rotvec + small)
        apart = rotvec_to_rotmat(rotvec) @ rotvec_to_rotmat((right_jacobian(rotvec) @ small[..., None])[..., 0])
        np.testing.assert_allclose(joined, apart, atol=1e-10)
