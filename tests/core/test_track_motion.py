import dataclasses

import numpy as np
import pytest

from core.body_model import load_open_body
from core.rotations import rot6d_to_rotmat, rotmat_to_rot6d, rotmat_to_rotvec, rotvec_to_rotmat
from core.smoothing import smooth_root, smooth_rot6d
from core.track_motion import motion_of_track
from core.track_poses import TrackPoses
from core.view import View
from tests.core.refinement.swinging_person import swinging_pose, track_of

VIEW = View(1000.0, (1280, 720), 30.0)


@pytest.fixture(scope="module")
def seen():
    """A track, and poses that a backbone might say of it: near the truth, and wrong by a few degrees."""
    body, pelvis = load_open_body(), np.tile([0.0, 0.0, 4.0], (45, 1))
    rotmat, betas = swinging_pose(np.arange(45) / 30), np.zeros(10, np.float32)
    landmarks = body.pose_landmarks(rotmat, betas, pelvis - body.rest_joints(betas)[0])
    wrong = rotmat @ rotvec_to_rotmat(np.random.default_rng(0).normal(0, 0.06, (1, 24, 3)))
    rot6d = rotmat_to_rot6d(wrong).astype(np.float32)
    poses = TrackPoses(rot6d, rot6d, betas, pelvis + np.array([0.05, 0, 0.3]), wants_refinement=True)
    return track_of(landmarks, VIEW), poses, body


def image_error_px(motion, track):
    return np.linalg.norm(motion.keypoints_2d - track.keypoints2d_px, axis=-1)[:, 11:].mean()


def test_the_refined_motion_lies_nearer_to_the_picture_and_says_where_the_floor_is(seen):
    track, poses, body = seen
    weak, refined = (motion_of_track(track, poses, VIEW, body, {"who": "main"}, root) for root in ("weak", "refined"))
    assert image_error_px(refined, track) < 0.5 * image_error_px(weak, track)
    assert set(refined.metadata) == {"who", "floor"} and set(weak.metadata) == {"who"}


def test_the_weak_root_is_the_backbones_own_motion_smoothed(seen):
    track, poses, body = seen
    motion = motion_of_track(track, poses, VIEW, body, {}, "weak")
    rotmat = rot6d_to_rotmat(smooth_rot6d(poses.rot6d, track.frame_ids, 30.0))
    np.testing.assert_allclose(motion.poses, rotmat_to_rotvec(rotmat).reshape(45, 72), atol=1e-5)
    np.testing.assert_allclose(motion.joints[:, 0], smooth_root(poses.pelvis_cam, track.frame_ids, 30.0), atol=1e-5)


def test_a_backbone_whose_own_poses_are_wanted_keeps_them(seen):
    track, poses, body = seen
    own = dataclasses.replace(poses, wants_refinement=False, wants_smoothing=False)
    motion = motion_of_track(track, own, VIEW, body, {})
    np.testing.assert_allclose(motion.poses, motion.poses_per_frame, atol=1e-5)


def test_what_the_backbone_said_of_each_frame_is_kept_beside_the_refined_poses(seen):
    track, poses, body = seen
    motion = motion_of_track(track, poses, VIEW, body, {})
    own = rotmat_to_rotvec(rot6d_to_rotmat(poses.rot6d_per_frame.astype(np.float64))).reshape(45, 72)
    np.testing.assert_allclose(motion.poses_per_frame, own, atol=1e-5)
    assert np.abs(motion.poses - motion.poses_per_frame).max() > 0.01


def test_before_a_moving_camera_no_foot_is_held_and_no_floor_is_told(seen):
    track, poses, body = seen
    standing = dataclasses.replace(poses, contacts=np.ones((45, 4), np.float32))
    moving = dataclasses.replace(VIEW, is_still=False)
    held, free = (motion_of_track(track, standing, view, body, {}) for view in (VIEW, moving))
    held_mm, free_mm = (
        1000 * np.linalg.norm(np.diff(motion.keypoints[:, 29:33], axis=0), axis=-1).max() for motion in (held, free)
    )
    assert held_mm < 2 and free_mm > 5
    assert "floor" in held.metadata and "floor" not in free.metadata
    np.testing.assert_array_equal(free.contacts, standing.contacts)
    nothing_stands = dataclasses.replace(poses, contacts=np.zeros((45, 4), np.float32))
    np.testing.assert_allclose(free.poses, motion_of_track(track, nothing_stands, VIEW, body, {}).poses, atol=1e-6)
