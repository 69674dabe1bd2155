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
