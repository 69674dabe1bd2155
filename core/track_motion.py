"""One person's poses become a motion: smoothing, root, and everything the motion file holds."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .confidence import joint_confidence, residual_heights
from .contacts import detect_contacts
from .foot_lock import lock_feet
from .landmark_places import blazepose_places
from .motion import Motion
from .refinement.floor import estimate_floor, sole_distances_m
from .refinement.refine_track import Contacts, refine_track
from .rotations import rot6d_to_rotmat, rotmat_to_rotvec
from .settings import Root
from .smoothing import POSE_CUTOFF_HZ, smooth_root, smooth_rot6d
from .track_poses import TrackPoses
from .tracks import Track
from .view import View

FloatArray = NDArray[np.floating[Any]]


FIT_START_CUTOFF_HZ: Final = 4.5
"""Of the rotations that the whole-track fit starts from; it gives back what the picture shows to be faster."""


def motion_of_track(
    track: Track,
    poses: TrackPoses,
    view: View,
    body: BodyModel,
    metadata: dict[str, Any],
    root: Root = "refined",
    check: Callable[[], None] = lambda: None,
) -> Motion:
    """Return the motion of one track.

    Args:
        track: with its sides repaired.
        poses: what a backbone says about the track's rows.
        body: that `poses.betas` are of.
        root: `refined` takes part only where the poses want it.
        check: called now and then; may raise to cancel.
    """
    is_refined = root == "refined" and poses.wants_refinement
    rot6d: FloatArray = poses.rot6d.astype(np.float64)
    pelvis_cam: FloatArray = poses.pelvis_cam
    if poses.wants_smoothing:
        cutoff_hz = FIT_START_CUTOFF_HZ if is_refined else POSE_CUTOFF_HZ
        rot6d = smooth_rot6d(rot6d, track.frame_ids, view.frame_rate_hz, cutoff_hz)
        pelvis_cam = smooth_root(pelvis_cam, track.frame_ids, view.frame_rate_hz)
    rotmat = rot6d_to_rotmat(rot6d)
    if is_refined:
        # Before a moving camera a standing foot moves.
        standing = _contacts_of(poses, track) if view.is_still else _nothing_stands
        rotmat, pelvis_cam = _refine(track, rotmat, poses.betas, pelvis_cam, view, body, standing, check)
    transl_cam = pelvis_cam - body.rest_joints(poses.betas)[0]
    joints, _ = body.pose_joints(rotmat, poses.betas, transl_cam)
    keypoints = body.pose_landmarks(rotmat, poses.betas, transl_cam)
    keypoints_2d = view.project(keypoints)
    residual = residual_heights(view.project(blazepose_places(keypoints)), track.keypoints2d_px)
    contacts = _contacts_of(poses, track)(keypoints)
    if is_refined and view.is_still:
        floor = estimate_floor(keypoints, contacts, sole_distances_m(body, poses.betas), view.frame_rate_hz)
        metadata = {**metadata, "floor": floor.as_metadata()}
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
        keypoints_2d=keypoints_2d.astype(np.float32),
        visibility=track.visibility.astype(np.float32),
        contacts=contacts,
        poses_per_frame=_poses(rot6d_to_rotmat(poses.rot6d_per_frame.astype(np.float64))),
        confidence=joint_confidence(track.visibility, residual, track.timestamps),
        focal_length=view.focal_length_px,
        image_size=view.image_size,
        metadata=metadata,
    )


def _nothing_stands(keypoints_cam: FloatArray) -> FloatArray:
    """Return contacts (T, 4) of zero for keypoints (T, 33, 3)."""
    return np.zeros((len(keypoints_cam), 4))


def _contacts_of(poses: TrackPoses, track: Track) -> Contacts:
    """Return what takes keypoints (T, 33, 3) to contacts (T, 4): what the backbone says, else how they move."""
    known = poses.contacts
    if known is not None:
        return lambda _: known
    return lambda keypoints_cam: detect_contacts(keypoints_cam, track.timestamps)


def _refine(
    track: Track,
    rotmat: FloatArray,
    betas: FloatArray,
    pelvis_cam: FloatArray,
    view: View,
    body: BodyModel,
    contacts_of: Contacts,
    check: Callable[[], None],
) -> tuple[FloatArray, FloatArray]:
    """Return rotations and pelvis after the whole-track fit, with standing feet held still."""
    fitted = refine_track(track, rotmat, betas, pelvis_cam, view, body, contacts_of, check=check)
    transl_cam = fitted.pelvis_cam - body.rest_joints(betas)[0]
    standing = contacts_of(body.pose_landmarks(fitted.rotmat, betas, transl_cam))
    return lock_feet(fitted.rotmat, fitted.pelvis_cam, betas, standing, track.frame_ids, view.frame_rate_hz, body)


def _poses(rotmat: FloatArray) -> NDArray[np.float32]:
    """Return axis-angle poses (T, 72) of rotation matrices (T, 24, 3, 3)."""
    return rotmat_to_rotvec(rotmat).reshape(len(rotmat), 72).astype(np.float32)
