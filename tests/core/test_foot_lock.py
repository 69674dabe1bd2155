import numpy as np
import pytest

from core.body_model import load_open_body
from core.foot_lock import lock_feet, spells
from core.rotations import rotvec_to_rotmat
from core.skeleton import CONTACT_LANDMARKS

RATE_HZ = 30.0
BETAS = np.zeros(10)


@pytest.fixture(scope="module")
def body():
    return load_open_body()


@pytest.fixture
def sliding():
    """Somebody with bent knees whose feet drift and shake: rotations (60, 24, 3, 3) and pelvis (60, 3), camera axes."""
    random, times_s = np.random.default_rng(0), np.arange(60) / RATE_HZ
    rotvec = np.zeros((60, 24, 3))
    rotvec[:, 0, 0] = np.pi
    rotvec[:, [1, 2], 0] = -0.5 + 0.05 * np.sin(2 * np.pi * times_s)[:, None]
    rotvec[:, [4, 5], 0] = 0.9
    rotvec[:, [7, 8], 0] = -0.4
    rotvec[:, 1:9] += random.normal(0, 0.004, (60, 8, 3))
    pelvis = np.stack([0.2 * times_s * 0.3, 0.1 * np.ones(60), 4 + 0.05 * np.sin(3 * times_s)], axis=1)
    return rotvec_to_rotmat(rotvec), pelvis


def feet(body, rotmat, pelvis):
    transl = pelvis - body.rest_joints(BETAS)[0]
    return body.pose_landmarks(rotmat, BETAS, transl)[:, list(CONTACT_LANDMARKS)]


def lock(body, motion, contacts, frame_ids=None):
    return lock_feet(*motion, BETAS, contacts, np.arange(60) if frame_ids is None else frame_ids, RATE_HZ, body)


def test_without_contact_nothing_changes(body, sliding):
    rotmat, pelvis = lock(body, sliding, np.zeros((60, 4)))
    np.testing.assert_allclose(rotmat, sliding[0], atol=1e-7)
    np.testing.assert_array_equal(pelvis, sliding[1])


def test_feet_that_stand_all_the_time_stand_still(body, sliding):
    before = np.linalg.norm(np.diff(feet(body, *sliding), axis=0), axis=-1).mean()
    locked = lock(body, sliding, np.ones((60, 4)))
    after = np.linalg.norm(np.diff(feet(body, *locked), axis=0), axis=-1)
    assert before > 2e-3 and after.max() < 1e-4


def test_a_foot_that_rolls_holds_its_heel_and_then_its_toe_without_a_jump(body, sliding):
    contacts = np.zeros((60, 4))
    contacts[10:30, 0] = 1
    contacts[16:45, 1] = 1
    locked = lock(body, sliding, contacts)
    moved = np.linalg.norm(np.diff(feet(body, *locked), axis=0), axis=-1)
    assert moved[10:29, 0].max() < 1.5e-3
    assert moved[16:44, 1].max() < 1.5e-3
    free = np.linalg.norm(np.diff(feet(body, *sliding), axis=0), axis=-1)
    # Where the correction fades in and out it adds less than a walking foot moves in a frame.
    assert (moved - free).max() < 0.02


def test_it_goes_with_the_scene(body, sliding):
    contacts = np.zeros((60, 4))
    contacts[5:50, :2] = 1
    rotmat, pelvis = lock(body, sliding, contacts)
    shift = np.array([0.4, -0.2, 1.5])
    moved_rotmat, moved_pelvis = lock(body, (sliding[0], sliding[1] + shift), contacts)
    np.testing.assert_allclose(moved_rotmat, rotmat, atol=1e-9)
    np.testing.assert_allclose(moved_pelvis, pelvis + shift, atol=1e-9)


def test_arms_and_back_are_not_touched(body, sliding):
    rotmat, _ = lock(body, sliding, np.ones((60, 4)))
    legs = [1, 2, 4, 5, 7, 8]
    others = [joint for joint in range(24) if joint not in legs]
    np.testing.assert_array_equal(rotmat[:, others], sliding[0][:, others])


def test_a_foot_that_was_carried_away_is_no_standing_foot(body, sliding):
    rotmat, pelvis = sliding
    pelvis = pelvis.copy()
    pelvis[30:, 0] += 1.0
    locked_rotmat, locked_pelvis = lock(body, (rotmat, pelvis), np.ones((60, 4)))
    np.testing.assert_allclose(locked_pelvis, pelvis)
    assert np.abs(locked_rotmat[:, 4] - rotmat[:, 4]).max() < 1e-6


def test_a_long_gap_ends_a_contact(body, sliding):
    frame_ids = np.concatenate([np.arange(30), 100 + np.arange(30)])
    rotmat, pelvis = sliding
    pelvis = pelvis.copy()
    pelvis[30:, 0] += 1.0
    locked = lock(body, (rotmat, pelvis), np.ones((60, 4)), frame_ids)
    moved = np.linalg.norm(np.diff(feet(body, *locked), axis=0), axis=-1)
    assert np.delete(moved, 29, axis=0).max() < 1e-4
    assert moved[29].min() > 0.9


def test_spells_are_the_runs_of_standing_frames():
    stands = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], bool)
    assert spells(stands, 1) == [(0, 2), (3, 4), (6, 9)]
    assert spells(stands, 3) == [(6, 9)]
    assert spells(np.zeros(4, bool), 1) == []


@pytest.mark.parametrize("frame_count", [1, 2])
def test_the_shortest_motions_pass(body, sliding, frame_count):
    part = slice(0, frame_count)
    motion = sliding[0][part], sliding[1][part]
    rotmat, pelvis = lock_feet(*motion, BETAS, np.ones((frame_count, 4)), np.arange(frame_count), RATE_HZ, body)
    assert np.isfinite(rotmat).all() and np.isfinite(pelvis).all()
