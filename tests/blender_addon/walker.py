"""A walk whose feet stand exactly still on the floor, as a raw capture, made by moving the feet of a standing body.

Loaded by conftest.
"""

import dataclasses

import numpy as np
from jointwise_ext.blender_addon.axes import ARMATURE_FROM_SMPL, WORLD_FROM_CAMERA, placement_above_floor
from jointwise_ext.blender_addon.cleanup.capture import capture_motion
from jointwise_ext.blender_addon.cleanup.legs import LEGS, BodyMotion, move_foot, pose_leg
from jointwise_ext.blender_addon.rest_pose import shape_body, stand_up
from jointwise_ext.core.body_file import load_body_file, open_body_path
from jointwise_ext.core.motion import Motion
from jointwise_ext.core.rotations import quat_wxyz_to_rotmat, rotmat_to_rotvec

SPEED_M_S = 0.7
STRIDE_S = 1.0
STANCE = 0.6
LOWERED_M = 0.06
SWING_HEIGHT_M = 0.08


def foot_travel(times, phase):
    """How far forward a foot is (T,), metres, how high (T,), and whether it stands (T,)."""
    strides = times / STRIDE_S + phase
    cycle = strides % 1
    stands = cycle < STANCE
    swing = np.clip((cycle - STANCE) / (1 - STANCE), 0, 1)
    soft = swing * swing * (3 - 2 * swing)
    # In mid stance the pelvis is above the foot.
    forward = SPEED_M_S * STRIDE_S * (np.floor(strides) + soft - phase + STANCE / 2)
    return forward, SWING_HEIGHT_M * np.sin(np.pi * swing) ** 2, stands


def walk_motion(frame_count=120, rate=30.0):
    """The walk as a BodyMotion, contacts (T, 4), and the empty capture that holds the body."""
    times = np.arange(frame_count) / rate
    capture = standing_capture(frame_count, rate)
    quats = np.zeros((frame_count, 24, 4))
    quats[..., 0] = 1
    pelvis = np.tile(capture.heads[0], (frame_count, 1))
    pelvis[:, 1] -= SPEED_M_S * times
    pelvis[:, 2] -= LOWERED_M
    motion = BodyMotion(quats, pelvis)
    contacts = np.zeros((frame_count, 4), np.float16)
    for leg, phase in zip(LEGS, (0.0, 0.5), strict=True):
        forward, height, stands = foot_travel(times, phase)
        target = np.tile(capture.heads[leg.ankle], (frame_count, 1))
        target[:, 1] -= forward
        target[:, 2] += height
        contacts[:, leg.parts] = stands[:, None]
        for _ in range(20):
            posed = pose_leg(motion, leg, capture)
            move_foot(motion, leg, posed, target - posed.ankle, None)
    return motion, contacts, capture


def walk_capture(frame_count=120, rate=30.0, sway_m=0.0, sink_m=0.0):
    """The walk as a capture; its whole body may sway sideways, so that the feet slide, and be sunk into the floor."""
    motion, contacts, capture = walk_motion(frame_count, rate)
    pelvis = motion.pelvis.copy()
    pelvis[:, 0] += sway_m * np.sin(2 * np.pi * 0.7 * np.arange(frame_count) / rate)
    pelvis[:, 2] -= sink_m
    local = quat_wxyz_to_rotmat(motion.quats_wxyz)
    local[:, 0] = WORLD_FROM_CAMERA.T @ ARMATURE_FROM_SMPL @ local[:, 0]
    poses = rotmat_to_rotvec(local).reshape(frame_count, 72).astype(np.float32)
    return dataclasses.replace(
        capture,
        poses=poses,
        poses_per_frame=poses,
        pelvis_cam=(pelvis @ WORLD_FROM_CAMERA).astype(np.float32),
        contacts=contacts,
    )


def standing_capture(frame_count, rate):
    """A capture of the open body standing still, as far as its body and its times go."""
    body = load_body_file(open_body_path())
    shaped = shape_body(body, np.zeros(10))
    rest = stand_up(shaped.joints, shaped.sole_height)
    zeros = {
        name: np.zeros((frame_count, *shape), np.float32)
        for name, shape in {
            "poses": (72,), "poses_per_frame": (72,), "trans": (3,), "joints": (24, 3), "keypoints": (33, 3),
            "keypoints_2d": (33, 2), "visibility": (33,), "contacts": (4,),
        }.items()
    }  # fmt: skip
    motion = Motion(
        **zeros,
        betas=np.zeros(10, np.float32),
        body="open",
        gender="neutral",
        mocap_framerate=rate,
        frame_ids=np.arange(frame_count),
        timestamps=np.arange(frame_count) / rate,
        confidence=np.ones((frame_count, 24), np.float32),
        focal_length=1500.0,
        image_size=(1280, 720),
    )
    return capture_motion(motion, rest, shaped, placement_above_floor(0.0))


def sole_slide_mm(motion, capture, stands):
    """How far each standing heel and toe moves from frame to frame (N,), mm; stands is (T, 4)."""
    slides = []
    for leg in LEGS:
        soles = pose_leg(motion, leg, capture).soles
        held = stands[1:, leg.parts] & stands[:-1, leg.parts]
        slides.append(np.linalg.norm(np.diff(soles, axis=0), axis=-1)[held])
    return 1000 * np.concatenate(slides)


def deepest_mm(motion, capture):
    """How deep the lowest sole is in the floor, mm; negative above it."""
    return -1000 * min(float(pose_leg(motion, leg, capture).lowest.min()) for leg in LEGS)


def knee_steps_deg(motion):
    """Changes of the knees' angles from frame to frame, degrees (2, T - 1)."""
    angles = [2 * np.arccos(np.clip(np.abs(motion.quats_wxyz[:, leg.knee, 0]), 0, 1)) for leg in LEGS]
    return np.abs(np.diff(np.degrees(angles), axis=1))
