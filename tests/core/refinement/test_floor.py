import numpy as np
import pytest

from core.refinement.floor import estimate_floor, sole_distances_m
from core.rotations import rotvec_to_rotmat
from core.skeleton import CONTACT_LANDMARKS

CAMERA_HEIGHT_M = 1.4
FRAME_COUNT = 90


@pytest.fixture(scope="module")
def walker(body):
    """Landmarks (90, 33, 3) of somebody who stands upright on the floor y = 0, y up, and steps about; soles (4,)."""
    betas, pose = np.zeros(10), np.tile(np.eye(3), (FRAME_COUNT, 24, 1, 1))
    steps = np.repeat(np.random.default_rng(0).uniform([-1, 0, 2.5], [1, 0, 5], (9, 3)), 10, axis=0)
    landmarks = body.pose_landmarks(pose, betas, np.zeros((FRAME_COUNT, 3)))
    soles = sole_distances_m(body, betas)
    landmarks[..., 1] -= (landmarks[0, list(CONTACT_LANDMARKS), 1] - soles).min()
    return landmarks + steps[:, None], soles


def seen_by(landmarks, pitch_deg, roll_deg):
    """The landmarks in the axes of a camera at CAMERA_HEIGHT_M, and which way is up there."""
    level = np.diag([1.0, -1.0, 1.0])
    turn = rotvec_to_rotmat(np.radians([0, 0, roll_deg])) @ rotvec_to_rotmat(np.radians([pitch_deg, 0, 0])) @ level
    return (landmarks - [0, CAMERA_HEIGHT_M, 0]) @ turn.T, turn[:, 1]


def angle_deg(first, second):
    return np.degrees(np.arccos(np.clip(first @ second, -1, 1)))


@pytest.mark.parametrize(("pitch_deg", "roll_deg"), [(0, 0), (15, 0), (-12, 3), (25, -4)])
def test_a_tilted_camera_is_found_out(walker, pitch_deg, roll_deg):
    landmarks, soles = walker
    keypoints, up = seen_by(landmarks, pitch_deg, roll_deg)
    floor = estimate_floor(keypoints, np.ones((FRAME_COUNT, 4)), soles, 30.0)
    assert floor.is_estimated
    assert angle_deg(floor.normal_cam, up) < 2
    assert floor.offset_m == pytest.approx(-CAMERA_HEIGHT_M, abs=0.05)


def test_feet_thrown_below_the_floor_do_not_move_it(walker):
    landmarks, soles = walker
    thrown = landmarks.copy()
    thrown[40:50, list(CONTACT_LANDMARKS), 1] -= 0.6
    keypoints, up = seen_by(thrown, 10, 0)
    floor = estimate_floor(keypoints, np.ones((FRAME_COUNT, 4)), soles, 30.0)
    assert angle_deg(floor.normal_cam, up) < 2.5


def test_whoever_stands_on_one_spot_says_which_way_is_up_less_surely(walker):
    landmarks, soles = walker
    there = np.broadcast_to(landmarks[:1], landmarks.shape)
    stays, moves = (
        estimate_floor(seen_by(points, 12, 0)[0], np.ones((FRAME_COUNT, 4)), soles, 30.0)
        for points in (there, landmarks)
    )
    assert stays.tilt_std_deg > 1.2 * moves.tilt_std_deg


def test_without_standing_feet_the_camera_counts_as_level(walker):
    landmarks, soles = walker
    floor = estimate_floor(seen_by(landmarks, 12, 0)[0], np.zeros((FRAME_COUNT, 4)), soles, 30.0)
    assert not floor.is_estimated and floor.offset_m is None
    np.testing.assert_array_equal(floor.normal_cam, [0, -1, 0])
    assert set(floor.as_metadata()) == {"normal_cam", "offset_m", "tilt_std_deg", "is_estimated"}


def test_the_frame_rate_does_not_change_how_sure_it_is(walker):
    landmarks, soles = walker
    keypoints, _ = seen_by(landmarks, 12, 0)
    slow = estimate_floor(keypoints, np.ones((FRAME_COUNT, 4)), soles, 30.0)
    fast = estimate_floor(np.repeat(keypoints, 2, axis=0), np.ones((2 * FRAME_COUNT, 4)), soles, 60.0)
    assert fast.tilt_std_deg == pytest.approx(slow.tilt_std_deg, rel=1e-3)
    assert angle_deg(fast.normal_cam, slow.normal_cam) < 0.01


def test_soles_lie_below_the_landmarks_of_heel_and_toes(body):
    distances = sole_distances_m(body, np.zeros(10))
    assert distances.shape == (4,) and (distances > -1e-6).all() and (distances < 0.12).all()
