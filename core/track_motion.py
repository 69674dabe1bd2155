"""One person's track becomes a motion: evidence, networks, smoothing, root, and everything the motion file holds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .confidence import joint_confidence
from .contacts import detect_contacts
from .decomposed_estimator import DecomposedEstimator
from .evidence import landmark_evidence
from .left_right_repair import repair_left_right
from .motion import Motion
from .person_tracker import Track
from .rotations import rot6d_to_rotmat, rotmat_to_rotvec
from .smoothing import smooth_root, smooth_rot6d
from .weak_camera import weak_camera_to_pelvis

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class View:
    """The camera that filmed: focal length in pixels, principal point at the centre, no distortion."""

    focal_length_px: float
    image_size: tuple[int, int]
    frame_rate_hz: float

    def project(self, points_cam: FloatArray) -> FloatArray:
        """Return source pixels (..., 2) of points (..., 3) in metres, camera axes."""
        center_px = np.asarray(self.image_size, np.float64) / 2
        depth = np.maximum(points_cam[..., 2:], 1e-6)
        projected: FloatArray = self.focal_length_px * points_cam[..., :2] / depth + center_px
        return projected


def estimate_motion(
    track: Track,
    view: View,
    estimator: DecomposedEstimator,
    body: BodyModel,
    window: str,
    metadata: dict[str, Any],
) -> Motion:
    """Return the motion of one track.

    Args:
        window: `track` or the length of the paper's sliding window, in frames.
        metadata: goes into the motion file, with the frames in which left and right were renamed.
    """
    track, swaps = repair_left_right(track)
    evidence = landmark_evidence(
        track.keypoints2d_px, track.world_landmarks, track.visibility, view.focal_length_px, view.image_size
    )
    sequence = estimator.estimate(
        evidence, track.frame_ids, view.frame_rate_hz, "track" if window == "track" else int(window)
    )
    # A person keeps one shape; the median ignores the frames in which the network was misled.
    betas = np.median(sequence.betas, axis=0).astype(np.float32)
    rot6d = smooth_rot6d(sequence.rot6d, track.frame_ids, view.frame_rate_hz)
    rotmat = rot6d_to_rotmat(rot6d)
    pelvis_cam = weak_camera_to_pelvis(sequence.weak_camera, evidence, view.focal_length_px)
    transl_cam = smooth_root(pelvis_cam, track.frame_ids, view.frame_rate_hz) - body.rest_joints(betas)[0]
    joints, _ = body.pose_joints(rotmat, betas, transl_cam)
    keypoints = body.pose_landmarks(rotmat, betas, transl_cam)
    return Motion(
        poses=_poses(rotmat),
        trans=transl_cam.astype(np.float32),
        betas=betas,
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
        poses_per_frame=_poses(rot6d_to_rotmat(sequence.rot6d_per_frame)),
        confidence=joint_confidence(track.visibility),
        focal_length=view.focal_length_px,
        image_size=view.image_size,
        metadata={**metadata, "left_right_repaired_frames": track.frame_ids[swaps > 0].tolist()},
    )


def _poses(rotmat: FloatArray) -> NDArray[np.float32]:
    """Return axis-angle poses (T, 72) of rotation matrices (T, 24, 3, 3)."""
    return rotmat_to_rotvec(rotmat).reshape(len(rotmat), 72).astype(np.float32)
