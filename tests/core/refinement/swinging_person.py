"""Somebody who moves before a camera, and what a perfect landmark network would see of them."""

import numpy as np

from core.landmark_places import blazepose_places
from core.rotations import rotvec_to_rotmat
from core.skeleton import JOINT_NAMES
from core.tracks import Track


def swinging_pose(times_s):
    """Somebody who stands before the camera, faces it, and swings arms and one leg."""
    rotvec = np.zeros((len(times_s), 24, 3))
    rotvec[:, 0, 0] = np.pi
    swing = np.sin(2 * np.pi * 0.7 * times_s)
    for name, axis, size in (
        ("left_shoulder", 2, -0.9), ("right_shoulder", 2, 0.9), ("left_elbow", 1, -0.6),
        ("right_elbow", 1, 0.5), ("left_hip", 0, -0.5), ("left_knee", 0, 0.6), ("spine2", 1, 0.2),
    ):  # fmt: skip
        rotvec[:, JOINT_NAMES.index(name), axis] = size * (0.8 + 0.4 * swing)
    return rotvec_to_rotmat(rotvec)


def track_of(landmarks, view, visibility=0.95, *, has_our_points=False):
    """What BlazePose would see of landmarks (T, 33, 3) in camera axes, had it no error (and our points, if asked)."""
    count = len(landmarks)
    places = landmarks if has_our_points else blazepose_places(landmarks)
    return Track(
        frame_ids=np.arange(count), timestamps=np.arange(count) / view.frame_rate_hz,
        bbox_px=np.zeros((count, 4)), keypoints2d_px=view.project(places),
        world_landmarks=places - places[:, [23, 24]].mean(axis=1, keepdims=True),
        visibility=np.full((count, 33), visibility), presence=np.ones(count),
    )  # fmt: skip
