"""A small made-up shot: somebody who waves and steps on the open body, seen by a tilted camera."""

from pathlib import Path

import numpy as np

from core.body_model import load_open_body
from core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from core.training.evaluation.rendered_truth import ShotTruth

FOCAL_PX, SIZE = 900.0, (960, 540)


def camera_from_world(frame_count):
    """2 m above the floor, 5 m away, looking slightly down; the world's Y points up."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotvec_to_rotmat(np.array([0.2, 0.0, 0.0])) @ np.diag([1.0, -1.0, -1.0])
    matrix[:3, 3] = -matrix[:3, :3] @ np.array([0.0, 2.0, 5.0])
    return np.tile(matrix, (frame_count, 1, 1))


def make_shot(frame_count=40, rate_hz=30.0, shift_m=0.0, name="walk1"):
    """The truth; `shift_m` moves the person sideways. Feet stand still but for the left toe, which never does."""
    body, time = load_open_body(), np.arange(frame_count) / rate_hz
    rotvec = np.zeros((frame_count, 24, 3))
    rotvec[:, 16, 2], rotvec[:, 17, 2] = -1.0 + 0.4 * np.sin(7 * time), 1.0 + 0.5 * np.cos(8 * time)
    rotvec[:, 18, 1] = -0.8 + 0.4 * np.sin(9 * time)
    rotvec[:, 4, 0] = rotvec[:, 5, 0] = 0.1
    rotmat = rotvec_to_rotmat(rotvec)
    cameras = camera_from_world(frame_count)
    rotmat[:, 0] = cameras[:, :3, :3] @ rotmat[:, 0]
    pelvis_world = np.array([shift_m, 0.95, 0.0])
    pelvis = (cameras @ np.append(pelvis_world, 1.0))[:, :3]
    betas = np.zeros(10)
    transl = pelvis - body.rest_joints(betas)[0]
    landmarks = body.pose_landmarks(rotmat, betas, transl)
    hidden = np.zeros((frame_count, 33), bool)
    hidden[::2, 15] = True
    return ShotTruth(
        name=name, kind="walk", frame_rate_hz=rate_hz, focal_length_px=FOCAL_PX, image_size=SIZE, rotmat=rotmat,
        pelvis_cam=pelvis, joints=body.pose_joints(rotmat, betas, transl)[0], landmarks=landmarks,
        keypoints2d_px=FOCAL_PX * landmarks[..., :2] / landmarks[..., 2:] + np.array(SIZE) / 2, hidden=hidden,
        contacts=np.tile([True, False, True, True], (frame_count, 1)), camera_from_world=cameras, floor_y=0.0,
    )  # fmt: skip


def write_truth(path: Path, people, **changes):
    """Write the people of one shot as the renderer does."""
    first = people[0]
    arrays = {
        "kind": first.kind,
        "frame_rate_hz": first.frame_rate_hz,
        "focal_length_px": first.focal_length_px,
        "image_size": np.array(first.image_size),
        "poses": np.stack([rotmat_to_rotvec(person.rotmat) for person in people]),
        "camera_from_world": first.camera_from_world,
        "floor_y": first.floor_y,
        "moving_camera": False,
    }
    for key in ("pelvis_cam", "joints", "landmarks", "keypoints2d_px", "hidden", "contacts"):
        arrays[key] = np.stack([getattr(person, key) for person in people])
    arrays |= changes
    np.savez(path, **{name: values for name, values in arrays.items() if values is not None})
    return path
