"""A synthetic walk whose feet stand exactly where they are put, with true contacts. Loaded by conftest."""

import dataclasses

import numpy as np
from blender_addon_synthetic import body_model, rotvec_to_rotmat, synthetic_motion
from jointwise_ext.core.leg_ik import bend_leg
from jointwise_ext.core.rotations import rotmat_to_rotvec
from jointwise_ext.core.skeleton import JOINT_NAMES, PARENTS

UPRIGHT = np.diag([1.0, -1.0, -1.0])
STEP_FRAMES, STANCE_SHARE, HEEL_OFF_SHARE = 32, 0.6, 0.4
STRIDE_M = 0.85


def turn_x(angle):
    return rotvec_to_rotmat(np.array([angle, 0.0, 0.0]))


def foot_plan(frame_count, phase):
    """Place along the way, height, pitch (T,) and heel and toe contact (T, 2) of one foot."""
    cycle = np.arange(frame_count) / STEP_FRAMES + phase
    number, share = np.floor(cycle), cycle % 1.0
    stands = share < STANCE_SHARE
    swing = np.clip((share - STANCE_SHARE) / (1 - STANCE_SHARE), 0, 1)
    smooth = swing * swing * (3 - 2 * swing)
    late = np.clip((share - HEEL_OFF_SHARE) / (STANCE_SHARE - HEEL_OFF_SHARE), 0, 1)
    pitch = np.where(stands, 0.5 * late * late, 0.5 * (1 - smooth))
    contacts = np.stack([stands & (late == 0), stands], axis=1)
    return STRIDE_M * (number + smooth - phase), 0.1 * np.sin(np.pi * swing), pitch, contacts


def walking_motion(frame_count=96, rate=30.0):
    """A `Motion` of a walk on level ground, seen from the front."""
    base = synthetic_motion(frame_count=frame_count, rate=rate)
    body = body_model()
    rest = body.rest_joints(base.betas.astype(np.float64))
    frames = np.arange(frame_count)
    pelvis = np.stack([0 * frames, 0 * frames, -0.27 * STRIDE_M + STRIDE_M * frames / STEP_FRAMES], axis=1)
    # Heights from the ankles' rest, so that the floor is where the standing body's is.
    lowest = rest[JOINT_NAMES.index("left_ankle"), 1]
    pelvis[:, 1] = lowest + 0.95 * (rest[0, 1] - lowest) + 0.01 * np.cos(4 * np.pi * frames / STEP_FRAMES)
    rotmat = np.tile(np.eye(3), (frame_count, 24, 1, 1))
    for joint, name in enumerate(JOINT_NAMES):
        if name.endswith(("shoulder", "elbow")):
            side = 1.0 if "left" in name else -1.0
            rotmat[:, joint] = rotvec_to_rotmat(np.array([0.0, 0.0, -side * (1.1 if "shoulder" in name else 0.2)]))
    contacts = np.zeros((frame_count, 4), np.float32)
    for side, phase, column in (("left", 0.0, 0), ("right", 0.5, 2)):
        contacts[:, column : column + 2] = put_leg(rotmat, pelvis, rest, side, *foot_plan(frame_count, phase))
    return dataclasses.replace(base, **posed(rotmat, pelvis, rest, body, base), contacts=contacts)


def put_leg(rotmat, pelvis, rest, side, along, height, pitch, contacts):
    """Set one leg's local rotations (T, 24, 3, 3) so that its foot is where it is planned."""
    hip, knee, ankle, foot = (JOINT_NAMES.index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "foot"))
    thigh, shin = turn_x(-0.3), turn_x(0.3)
    hips = pelvis + rest[hip] - rest[0]
    knees = hips + thigh @ (rest[knee] - rest[hip])
    ankles = knees + shin @ (rest[ankle] - rest[knee])
    arm = rest[foot] - rest[ankle]
    toes = rest[foot] + np.stack([0 * along, height, along], axis=1)
    feet = np.array([turn_x(angle) for angle in pitch])
    goals = toes - feet @ arm
    left = np.tile([1.0, 0.0, 0.0], (len(hips), 1))
    at_hip, at_knee = bend_leg(hips, knees, ankles, left, goals)
    global_thigh, global_shin = at_hip @ thigh, at_knee @ shin
    rotmat[:, hip], rotmat[:, knee] = global_thigh, np.swapaxes(global_thigh, 1, 2) @ global_shin
    rotmat[:, ankle] = np.swapaxes(global_shin, 1, 2) @ feet
    rotmat[:, foot] = np.swapaxes(feet, 1, 2)
    return contacts


def posed(rotmat, pelvis, rest, body, base):
    """The motion file's fields that follow from local rotations and the pelvis, in camera axes."""
    count = len(rotmat)
    turns, joints = [UPRIGHT @ rotmat[:, 0]], [pelvis @ UPRIGHT + np.array([0.0, 1.0, 6.0])]
    for joint in range(1, 24):
        parent = PARENTS[joint]
        joints.append(joints[parent] + turns[parent] @ (rest[joint] - rest[parent]))
        turns.append(turns[parent] @ rotmat[:, joint])
    local = np.array(rotmat)
    local[:, 0] = UPRIGHT @ rotmat[:, 0]
    poses = np.array([[rotmat_to_rotvec(joint) for joint in frame] for frame in local])
    trans = joints[0] - rest[0]
    return {
        "poses": poses.reshape(count, 72).astype(np.float32),
        "poses_per_frame": poses.reshape(count, 72).astype(np.float32),
        "joints": np.stack(joints, axis=1).astype(np.float32),
        "trans": trans.astype(np.float32),
        "keypoints": body.pose_landmarks(local, base.betas.astype(np.float64), trans).astype(np.float32),
    }
