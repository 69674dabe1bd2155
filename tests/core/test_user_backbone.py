import numpy as np
import pytest

from core.body_model import load_open_body
from core.decomposed_estimator import PoseSequence
from core.rotations import rot6d_to_rotmat, rotmat_to_rot6d, rotvec_to_rotmat
from core.tracks import Track
from core.user_backbone import apply_change, estimate_user_poses, with_user_landmarks
from core.view import View

FRAMES = 6
VIEW = View(1000.0, (640, 480), 30.0)
GENERATOR = np.random.default_rng(0)


def random_rot6d(seed, size=0.5):
    return rotmat_to_rot6d(rotvec_to_rotmat(np.random.default_rng(seed).normal(0, size, (FRAMES, 24, 3)))).astype("f4")


class FakeEstimator:
    """Says the same before and after the prior, but for a turn of the left elbow; remembers the evidence."""

    def __init__(self, elbow_turn_rad=0.0):
        self.turn = rotvec_to_rotmat(np.array([0, 0, elbow_turn_rad]))

    def estimate(self, evidence, frame_ids, frame_rate_hz, window):
        self.evidence, self.window = evidence, window
        before = random_rot6d(7)
        after = rot6d_to_rotmat(before)
        after[:, 18] = after[:, 18] @ self.turn
        return PoseSequence(before, rotmat_to_rot6d(after), np.ones((FRAMES, 10)), np.ones((FRAMES, 3)))


@pytest.fixture
def track():
    world = GENERATOR.normal(0, 0.5, (FRAMES, 33, 3))
    world -= world[:, 23:25].mean(axis=1, keepdims=True)
    return Track(
        np.arange(FRAMES), np.arange(FRAMES) / 30, np.zeros((FRAMES, 4)), GENERATOR.uniform(100, 500, (FRAMES, 33, 2)),
        world, np.ones((FRAMES, 33)), np.ones(FRAMES),
    )  # fmt: skip


def estimate(outputs, track, estimator):
    return estimate_user_poses(outputs, track, estimator, load_open_body(), VIEW, 16)


def test_rotations_stay_where_the_prior_changes_nothing(track):
    rot6d = random_rot6d(1)
    poses = estimate({"rot6d": rot6d}, track, FakeEstimator())
    np.testing.assert_allclose(poses.sequence.rot6d, rot6d, atol=1e-5)
    assert poses.sequence.rot6d_per_frame is rot6d


def test_what_the_prior_changes_is_changed_alike(track):
    rot6d = random_rot6d(1)
    poses = estimate({"rot6d": rot6d}, track, FakeEstimator(elbow_turn_rad=0.3))
    expected = rot6d_to_rotmat(rot6d.astype(np.float64))
    expected[:, 18] = expected[:, 18] @ rotvec_to_rotmat(np.array([0, 0, 0.3]))
    np.testing.assert_allclose(rot6d_to_rotmat(poses.sequence.rot6d), expected, atol=1e-5)


def test_the_prior_sees_the_pose_that_the_network_gave(track):
    rot6d, estimator = random_rot6d(1), FakeEstimator()
    estimate({"rot6d": rot6d}, track, estimator)
    body = load_open_body()
    posed = body.pose_landmarks(rot6d_to_rotmat(rot6d.astype(np.float64)), np.zeros(10), np.zeros((FRAMES, 3)))
    posed -= posed[:, 23:25].mean(axis=1, keepdims=True)
    world = estimator.evidence.values[:, 66:165].reshape(FRAMES, 33, 3) / 2
    np.testing.assert_allclose(world, posed, atol=1e-5)
    assert estimator.window == 16


def test_landmarks_take_the_trackers_place_where_there_are_some(track):
    landmarks = np.full((FRAMES, 33, 3), np.nan)
    landmarks[:, 15] = [0.4, -0.3, 0.1]
    seen = with_user_landmarks(track, landmarks)
    assert (seen.world_landmarks[:, 15] == [0.4, -0.3, 0.1]).all()
    others = np.arange(33) != 15
    assert np.array_equal(seen.world_landmarks[:, others], track.world_landmarks[:, others])
    assert np.array_equal(seen.keypoints2d_px, track.keypoints2d_px)


def test_landmarks_go_the_open_estimators_way(track):
    poses = estimate({"landmarks": np.full((FRAMES, 33, 3), np.nan)}, track, FakeEstimator(0.3))
    np.testing.assert_allclose(poses.sequence.rot6d_per_frame, random_rot6d(7))


def test_a_change_is_undone_by_the_opposite_change():
    own, before, after = random_rot6d(1), random_rot6d(2), random_rot6d(3)
    changed = apply_change(own, before, after)
    np.testing.assert_allclose(apply_change(changed, after, before), own, atol=1e-5)
