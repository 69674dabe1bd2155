import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core import rotations


@pytest.fixture
def rotvec() -> np.ndarray:
    rng = np.random.default_rng(0)
    axis = rng.normal(size=(500, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.concatenate([[0, 1e-9, 1e-5, np.pi - 1e-7, np.pi], rng.uniform(0, np.pi, 495)])
    return axis * angle[:, None]


def test_rotvec_to_rotmat_equals_scipy_at_every_angle(rotvec):
    np.testing.assert_allclose(rotations.rotvec_to_rotmat(rotvec), Rotation.from_rotvec(rotvec).as_matrix(), atol=1e-12)


def test_rotmat_to_rotvec_gives_the_same_rotation_back(rotvec):
    rotmat = rotations.rotvec_to_rotmat(rotvec)
    again = rotations.rotvec_to_rotmat(rotations.rotmat_to_rotvec(rotmat))
    np.testing.assert_allclose(again, rotmat, atol=1e-7)


def test_rotmat_to_quat_equals_scipy_up_to_sign(rotvec):
    rotmat = rotations.rotvec_to_rotmat(rotvec)
    ours = rotations.rotmat_to_quat_wxyz(rotmat)
    theirs = Rotation.from_matrix(rotmat).as_quat()[:, [3, 0, 1, 2]]
    np.testing.assert_allclose(np.abs((ours * theirs).sum(-1)), 1, atol=1e-12)
    assert (ours[:, 0] >= 0).all()


def test_rot6d_holds_the_first_two_columns_interleaved():
    rotmat = rotations.rotvec_to_rotmat(np.array([0.3, -0.5, 0.8]))
    rot6d = rotations.rotmat_to_rot6d(rotmat)
    np.testing.assert_array_equal(rot6d[0::2], rotmat[:, 0])
    np.testing.assert_array_equal(rot6d[1::2], rotmat[:, 1])


def test_rot6d_round_trip_ignores_the_columns_length(rotvec):
    rotmat = rotations.rotvec_to_rotmat(rotvec)
    rot6d = rotations.rotmat_to_rot6d(rotmat) * np.array([3.0, 0.2] * 3)
    np.testing.assert_allclose(rotations.rot6d_to_rotmat(rot6d), rotmat, atol=1e-12)


def test_continuous_quat_has_no_sign_jump_and_the_same_rotations():
    angle = np.linspace(0, 6 * np.pi, 200)
    rotmat = rotations.rotvec_to_rotmat(np.stack([angle, 0 * angle, 0.1 * angle], -1))
    quat = rotations.continuous_quat_wxyz(rotations.rotmat_to_quat_wxyz(rotmat))
    assert ((quat[1:] * quat[:-1]).sum(-1) > 0.9).all()
    np.testing.assert_allclose(rotations.quat_wxyz_to_rotmat(quat), rotmat, atol=1e-12)
