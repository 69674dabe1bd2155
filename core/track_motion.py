"""One person's poses become a motion: smoothing, root, and everything the motion file holds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .confidence import joint_confidence
from .contacts import detect_contacts
from .motion import Motion
from .rotations import rot6d_to_rotmat, rotmat_to_rotvec
from .smoothing import smooth_root, smooth_rot6d
from .track_poses import TrackPoses
from .tracks import Track
from .view import View

FloatArray = NDArray[np.floating[Any]]


def motion_of_track(track: Track, poses: TrackPoses, view: View, body: BodyModel, metadata: dict[str, Any]) -> Motion:
    """Return the motion of one track.

    Args:
        track: with its sides repaired.
        poses: what a backbone says about the track's rows.
        body: that `poses.betas` are of.
    """
    rot6d, pelvis_cam = poses.rot6d.astype(np.float64), poses.pelvis_cam
    if poses.wants_smoothing:
        rot6d = smooth_rot6d(rot6d, track.frame_ids, view.frame_rate_hz)
        pelvis_cam = smooth_root(pelvis_cam, track.frame_ids, view.frame_rate_hz)
    rotmat = rot6d_to_rotmat(rot6d)
    transl_cam = pelvis_cam - body.rest_joints(poses.betas)[0]
    joints, _ = body.pose_joints(rotmat, poses.betas, transl_cam)
    keypoints = body.pose_landmarks(rotmat, poses.betas, transl_cam)
    return Motion(
        poses=_poses(rotmat),
        trans=transl_cam.astype(np.float32),
        betas=poses.betas,
        body=body.body_file.name,
        gender=body.body_file.gender,
        mocap_framerate=view.frame_rate_hz,
        frame_ids=track.frame_ids,
        timestamps=track.timestamps,
        joints=joints.astype(np.float32),
        keypoints=keypoints.astype(np.float32),
        keypoints_2d=view.project(keypoints).astype(np.float32),
        visibility=track.visibility.astype(np.float32),
        contacts=detect_contacts(keypoints, track.timestamps),
        poses_per_frame=_poses(rot6d_to_rotmat(poses.rot6d_per_frame.astype(np.float64))),
        confidence=joint_confidence(track.visibility),
        focal_length=view.focal_length_px,
        image_size=view.image_size,
        metadata=metadata,
    )


def _poses(rotmat: FloatArray) -> NDArray[np.float32]:
    """Return axis-angle poses (T, 72) of rotation matrices (T, 24, 3, 3)."""
    return rotmat_to_rotvec(rotmat).reshape(len(rotmat), 72).astype(np.float32)
