"""Takes a MakeHuman body from its A-pose to the T-pose that SMPL-layout rotations are measured from.

The rest pose by definition: subject faces +Z, Y up; arms straight and level along +-X, palms down, elbow creases
forward; trunk, neck and head as MakeHuman models them; soles flat. Values that need a source:

- The clavicle takes 8 degrees of the arm's lift. In raising the arm to the horizontal the clavicle rises only by
  some 6 to 10 degrees: P. Ludewig et al., "Motion of the shoulder complex during multiplanar humeral elevation",
  J. Bone Joint Surg. 91 (2009). A higher rest clavicle leaves square shoulders when the arms hang.
- Thighs 4 degrees out, shanks upright from the front and 4 degrees back from the knee: legs slightly apart, as
  motion-capture data in this convention assumes. Feet turned out by 10 degrees, near the 7 degrees that M. Murray,
  A. Drought, R. Kory, "Walking patterns of normal men" (1964) measured in walking.

The surface is not merely skinned into the T-pose: we solve for the T-pose surface that linear blend skinning takes
**exactly** back to MakeHuman's sculpted A-pose. So the sculpted shape of shoulder and armpit returns when the arms come
down, without pose-dependent corrections.
"""

from typing import Final

import numpy as np

from ...rotations import rotvec_to_rotmat
from ...skeleton import JOINT_COUNT, JOINT_NAMES, MIRROR_JOINTS, PARENTS
from .makehuman_data import FloatArray

CLAVICLE_LIFT_RAD: Final = np.deg2rad(8.0)
THIGH_DIRECTION: Final = np.array([np.sin(np.deg2rad(4.0)), -np.cos(np.deg2rad(4.0)), 0.0])
SHANK_DIRECTION: Final = np.array([0.0, -np.cos(np.deg2rad(4.0)), -np.sin(np.deg2rad(4.0))])
TOE_OUT_RAD: Final = np.deg2rad(10.0)
FOREARM_SHARE_OF_TWIST: Final = 0.5
"""Share of the forearm's pronation that the elbow joint takes; the wrist takes the rest."""

LEFT: Final = np.array([1.0, 0.0, 0.0])
UP: Final = np.array([0.0, 1.0, 0.0])
FORWARD: Final = np.array([0.0, 0.0, 1.0])
MIRROR: Final = np.diag([-1.0, 1.0, 1.0])


def t_pose_rotations(joints: FloatArray, left_knuckle_line: FloatArray) -> FloatArray:
    """Return the global rotations (24, 3, 3) that take the A-pose to the T-pose.

    Args:
        joints: (24, 3) in the A-pose, metres, mirror symmetric.
        left_knuckle_line: (3,) from the left index finger's knuckle to the little finger's.
    """
    rotations = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    for name, rotation in (_left_arm(joints, left_knuckle_line) | _left_leg(joints)).items():
        index = JOINT_NAMES.index(name)
        rotations[index] = rotation
        rotations[MIRROR_JOINTS[index]] = MIRROR @ rotation @ MIRROR
    return rotations


def t_pose_joints(joints: FloatArray, rotations: FloatArray) -> FloatArray:
    """Return the joints (24, 3) in the T-pose, with the pelvis where it was."""
    posed = joints.copy()
    for child, parent in enumerate(PARENTS):
        if parent >= 0:
            posed[child] = posed[parent] + rotations[parent] @ (joints[child] - joints[parent])
    return posed


def t_pose_surface(
    surface: FloatArray, weights: FloatArray, joints: FloatArray, posed: FloatArray, rotations: FloatArray
) -> FloatArray:
    """Return the T-pose surface (V, 3) that skinning with `weights` (V, 24) takes exactly to `surface` in the A-pose.

    Args:
        joints, posed: (24, 3) in the A-pose and the T-pose. rotations: (24, 3, 3), A-pose to T-pose.
    """
    back = np.swapaxes(rotations, -1, -2)
    shifts = joints - np.einsum("jab,jb->ja", back, posed)
    matrices = np.einsum("vj,jab->vab", weights, back)
    result: FloatArray = np.linalg.solve(matrices, (surface - weights @ shifts)[..., None])[..., 0]
    return result


def _left_arm(joints: FloatArray, knuckle_line: FloatArray) -> dict[str, FloatArray]:
    collar = _axis_rotation(FORWARD, CLAVICLE_LIFT_RAD)
    upper_arm, forearm, hand = (
        _bone(joints, *ends)
        for ends in (("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("left_wrist", "left_hand"))
    )
    # The elbow bends forward: in the A-pose it is bent a little, and that bend shows the hinge's axis.
    shoulder = _frame_rotation(upper_arm, forearm, LEFT, FORWARD)
    straight = _shortest_rotation(shoulder @ forearm, LEFT) @ shoulder
    wrist = _frame_rotation(hand, knuckle_line, LEFT, -FORWARD)
    # What the wrist turns beyond the straight forearm is pronation about the forearm, shared between two joints.
    relaxed = _shortest_rotation(straight @ hand, LEFT) @ straight
    turned = wrist @ relaxed.T
    twist = np.arctan2(turned[2, 1] - turned[1, 2], turned[1, 1] + turned[2, 2])
    elbow = _axis_rotation(LEFT, FOREARM_SHARE_OF_TWIST * twist) @ straight
    return {
        "left_collar": collar, "left_shoulder": shoulder, "left_elbow": elbow, "left_wrist": wrist, "left_hand": wrist,
    }  # fmt: skip


def _left_leg(joints: FloatArray) -> dict[str, FloatArray]:
    hip = _shortest_rotation(_bone(joints, "left_hip", "left_knee"), THIGH_DIRECTION)
    knee = _shortest_rotation(hip @ _bone(joints, "left_knee", "left_ankle"), SHANK_DIRECTION) @ hip
    # The foot only turns about the vertical, so its sole stays flat.
    foot = _bone(joints, "left_ankle", "left_foot")
    ankle = _axis_rotation(UP, TOE_OUT_RAD - np.arctan2(foot[0], foot[2]))
    return {"left_hip": hip, "left_knee": knee, "left_ankle": ankle, "left_foot": ankle}


def _bone(joints: FloatArray, start: str, end: str) -> FloatArray:
    bone: FloatArray = joints[JOINT_NAMES.index(end)] - joints[JOINT_NAMES.index(start)]
    return bone


def _axis_rotation(axis: FloatArray, angle_rad: float) -> FloatArray:
    return np.asarray(rotvec_to_rotmat(axis * angle_rad))


def _shortest_rotation(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) by the smallest angle that takes the direction `start` to `end`."""
    axis = np.cross(start, end)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-12:
        return np.eye(3)
    return _axis_rotation(axis / sine, float(np.arctan2(sine, start @ end)))


def _frame_rotation(start: FloatArray, start_side: FloatArray, end: FloatArray, end_side: FloatArray) -> FloatArray:
    """Return the rotation that takes `start` to `end` and the part of `start_side` across it towards `end_side`."""

    def frame(first: FloatArray, second: FloatArray) -> FloatArray:
        x = first / np.linalg.norm(first)
        y = second - (second @ x) * x
        y = y / np.linalg.norm(y)
        return np.stack([x, y, np.cross(x, y)], axis=1)

    result: FloatArray = frame(end, end_side) @ frame(start, start_side).T
    return result
