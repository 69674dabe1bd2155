import numpy as np
import pytest

from core.face_anchor import facing_agreement
from core.rotations import rotvec_to_rotmat
from core.skeleton import MIRROR_LANDMARKS


@pytest.fixture
def facing_camera():
    """Two frames of somebody who stands upright and looks at the camera (camera axes: y down, z away)."""
    points = np.zeros((2, 33, 3))
    points[:, [11, 12]] = [[0.2, -0.5, 0], [-0.2, -0.5, 0]]
    points[:, [23, 24]] = [[0.1, 0, 0], [-0.1, 0, 0]]
    points[:, [7, 8]] = [[0.07, -0.7, 0], [-0.07, -0.7, 0]]
    points[:, 0] = [0, -0.7, -0.1]
    return points


def test_the_named_sides_agree_with_the_face_whichever_way_one_looks(facing_camera):
    visible = np.ones((2, 33))
    agreement = facing_agreement(facing_camera, visible)
    assert (agreement > 0.9).all()
    turn = rotvec_to_rotmat(np.array([0.3, 2.0, -0.4]))
    np.testing.assert_allclose(facing_agreement(facing_camera @ turn.T, visible), agreement, atol=1e-12)


def test_swapped_names_change_the_sign(facing_camera):
    visible = np.ones((2, 33))
    swapped = facing_camera[:, list(MIRROR_LANDMARKS)]
    np.testing.assert_allclose(facing_agreement(swapped, visible), -facing_agreement(facing_camera, visible))


def test_an_unseen_nose_says_nothing(facing_camera):
    assert not facing_agreement(facing_camera, np.zeros((2, 33))).any()
