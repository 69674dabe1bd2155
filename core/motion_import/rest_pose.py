"""From a source skeleton's zero pose to SMPL's T-pose: rotations of the 24 joints with the same limb directions.

A joint's global rotation is that of its source bone times one constant. The constant takes SMPL's bone in the T-pose to
the source's bone in its zero pose, so every limb points where it pointed in the recording, whatever the two skeletons'
proportions. Twist about a limb cannot be read from directions; only the elbow's hinge needs it, see below.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ..skeleton import JOINT_COUNT, JOINT_NAMES, MIRROR_JOINTS, PARENTS
from .source_clip import FloatArray, SourceClip

_LEFT_AND_MIDDLE_M: Final[dict[str, tuple[float, float, float]]] = {
    "left_hip": (0.085, -0.085, -0.005), "left_knee": (0.03, -0.39, 0.0), "left_ankle": (-0.01, -0.41, -0.03),
    "left_foot": (0.03, -0.06, 0.125), "spine1": (0.0, 0.11, -0.02), "spine2": (0.0, 0.135, 0.0),
    "spine3": (0.0, 0.06, 0.01), "neck": (0.0, 0.215, -0.025), "head": (0.0, 0.09, 0.04),
    "left_collar": (0.075, 0.12, -0.01), "left_shoulder": (0.11, 0.035, -0.01), "left_elbow": (0.265, -0.01, -0.01),
    "left_wrist": (0.25, 0.0, 0.0), "left_hand": (0.085, -0.005, -0.005),
}  # fmt: skip
"""Offsets from the parent of a generic adult in the T-pose, in round numbers; they are no body model's."""

LIMBS: Final = tuple(
    (JOINT_NAMES.index(start), JOINT_NAMES.index(end))
    for side in ("left", "right")
    for start, end in (
        (f"{side}_hip", f"{side}_knee"),
        (f"{side}_knee", f"{side}_ankle"),
        (f"{side}_ankle", f"{side}_foot"),
        (f"{side}_shoulder", f"{side}_elbow"),
        (f"{side}_elbow", f"{side}_wrist"),
    )
)
"""(joint, its child): the bones whose direction in the world is kept."""

ELBOW_TWIST_RAD: Final = np.deg2rad(30.0)
"""How far the elbow's hinge stands off the vertical in the zero pose of CMU's skeletons and of their BVH conversions;
SMPL's stands upright, so that an elbow bends about its own y alone."""


def _generic_offsets() -> FloatArray:
    offsets = np.zeros((JOINT_COUNT, 3))
    for joint, name in enumerate(JOINT_NAMES):
        if name in _LEFT_AND_MIDDLE_M:
            offsets[joint] = _LEFT_AND_MIDDLE_M[name]
            if MIRROR_JOINTS[joint] != joint:
                offsets[MIRROR_JOINTS[joint]] = offsets[joint] * [-1, 1, 1]
    return offsets


OFFSETS_M: Final = _generic_offsets()


@dataclass(frozen=True)
class TransferredMotion:
    """A motion on the 24 joints; Y up, facing +Z and with +X to the subject's left in the rest pose.

    Attributes:
        rotmat: (T, 24, 3, 3) local rotations.
        pelvis: (T, 3) metres, scaled so that the recorded legs are as long as the generic skeleton's.
        limb_error_deg: largest angle between a limb's direction in the recording and here.
    """

    rotmat: FloatArray
    pelvis: FloatArray
    limb_error_deg: float


def transfer(clip: SourceClip, offsets_m: FloatArray = OFFSETS_M) -> TransferredMotion:
    """Return a recording's motion on SMPL's joints.

    Args:
        offsets_m: (24, 3) of the body that is to move so, from each joint's parent; the pelvis is placed for its legs.
    """
    global_rotmat = _source_rotations(clip) @ rest_corrections(clip)
    # Toes without a bone of their own follow the ankle, hands the wrist.
    for joint, name in enumerate(JOINT_NAMES):
        if name.endswith("_hand") or (name.endswith("_foot") and name not in clip.rotations):
            global_rotmat[:, joint] = global_rotmat[:, PARENTS[joint]]
    parents = np.array(PARENTS)
    rotmat = global_rotmat.copy()
    rotmat[:, 1:] = np.swapaxes(global_rotmat[:, parents[1:]], -1, -2) @ global_rotmat[:, 1:]
    return TransferredMotion(rotmat, _pelvis(clip, rotmat[:, 0], offsets_m), limb_error_deg(clip, global_rotmat))


def rest_corrections(clip: SourceClip) -> FloatArray:
    """Return the constants (24, 3, 3): source global rotation @ constant = SMPL global rotation."""
    if clip.corrections_rotvec:
        return rotvec_to_rotmat(np.array([clip.corrections_rotvec.get(name, (0.0, 0.0, 0.0)) for name in JOINT_NAMES]))
    corrections = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    for joint, child in LIMBS:
        name = JOINT_NAMES[joint]
        bone = _rest_bone(clip, joint, child)
        if "ankle" in name:
            # The zero pose's legs are splayed and the foot with them: first what the shin needs, then the foot's own.
            corrections[joint] = corrections[PARENTS[joint]]
        if bone is not None:
            local_bone = corrections[joint].T @ bone
            corrections[joint] = corrections[joint] @ shortest_rotation(OFFSETS_M[child], local_bone)
        if "shoulder" in name or "elbow" in name:
            corrections[joint] = corrections[joint] @ _hinge_twist(clip, OFFSETS_M[child], corrections[joint])
    for joint, name in enumerate(JOINT_NAMES):
        if name.endswith(("_wrist", "_foot")):
            corrections[joint] = corrections[PARENTS[joint]]
    return corrections


def shortest_rotation(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the smallest rotation (3, 3) that takes the direction of one vector (3,) to another's.

    Note: opposite vectors turn about any axis across them.
    """
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis = np.cross(a, b)
    sine, cosine = float(np.linalg.norm(axis)), float(a @ b)
    if sine < 1e-9:
        if cosine > 0:
            return np.eye(3)
        axis = np.cross(a, np.eye(3)[np.argmin(np.abs(a))])
    axis = axis / np.linalg.norm(axis)
    return rotvec_to_rotmat(axis * np.arctan2(sine, cosine))


def limb_error_deg(clip: SourceClip, global_rotmat: FloatArray) -> float:
    """Return the largest angle, over frames and limbs, between a limb in the recording and in the result."""
    largest = 0.0
    for joint, child in LIMBS:
        start, end = clip.positions.get(JOINT_NAMES[joint]), clip.positions.get(JOINT_NAMES[child])
        if start is None or end is None:
            continue
        source = end - start
        result = global_rotmat[:, joint] @ OFFSETS_M[child]
        sine = np.linalg.norm(np.cross(source, result), axis=-1)
        angles = np.arctan2(sine, (source * result).sum(axis=-1))
        largest = max(largest, float(np.rad2deg(angles.max())))
    return largest


def _rest_bone(clip: SourceClip, joint: int, child: int) -> FloatArray | None:
    """Return a bone's vector (3,) in the zero pose, or None where the rig has no such bone or gives it no length."""
    start, end = clip.rest.get(JOINT_NAMES[joint]), clip.rest.get(JOINT_NAMES[child])
    if start is None or end is None or np.linalg.norm(end - start) < 1e-6:
        return None
    return end - start


def _hinge_twist(clip: SourceClip, bone: FloatArray, correction: FloatArray) -> FloatArray:
    """Return the turn (3, 3) about an arm that brings SMPL's elbow axis onto the source's, before `correction`."""
    arm = bone / np.linalg.norm(bone)
    side = np.sign(arm[0])
    hinge = clip.hinge_axes.get("left_elbow" if side > 0 else "right_elbow")
    if hinge is None:
        return rotvec_to_rotmat(-side * ELBOW_TWIST_RAD * arm)
    # SMPL's left elbow bends about -y, its right one about +y.
    start = _across(np.array([0.0, -side, 0.0]), arm)
    end = _across(correction.T @ hinge, arm)
    angle = np.arctan2(arm @ np.cross(start, end), start @ end)
    return rotvec_to_rotmat(angle * arm)


def _across(vector: FloatArray, axis: FloatArray) -> FloatArray:
    return vector - (vector @ axis) * axis


def _source_rotations(clip: SourceClip) -> FloatArray:
    """Return (T, 24, 3, 3); identity for a missing bone, but half way between its neighbours for a missing spine2."""
    rotations = np.tile(np.eye(3), (clip.frame_count, JOINT_COUNT, 1, 1))
    for joint, name in enumerate(JOINT_NAMES):
        if name in clip.rotations:
            rotations[:, joint] = clip.rotations[name]
    if "spine2" not in clip.rotations:
        lower, upper = clip.rotations["spine1"], clip.rotations["spine3"]
        half = rotmat_to_rotvec(np.swapaxes(lower, -1, -2) @ upper) / 2
        rotations[:, JOINT_NAMES.index("spine2")] = lower @ rotvec_to_rotmat(half)
    return rotations


def _pelvis(clip: SourceClip, root_rotmat: FloatArray, offsets_m: FloatArray) -> FloatArray:
    """Return (T, 3) metres: the hips' middle is where it was recorded, in units of the leg's length."""
    positions = clip.positions
    leg = _distance(positions["left_hip"], positions["left_knee"])
    leg = leg + _distance(positions["left_knee"], positions["left_ankle"])
    knee, ankle, left_hip, right_hip = (
        JOINT_NAMES.index(name) for name in ("left_knee", "left_ankle", "left_hip", "right_hip")
    )
    generic_leg_m = np.linalg.norm(offsets_m[knee]) + np.linalg.norm(offsets_m[ankle])
    hips_middle_m = (positions["left_hip"] + positions["right_hip"]) / 2 * (generic_leg_m / leg.mean())
    middle_offset_m = (offsets_m[left_hip] + offsets_m[right_hip]) / 2
    return np.asarray(hips_middle_m - root_rotmat @ middle_offset_m)


def _distance(start: FloatArray, end: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(end - start, axis=-1))
