"""DeepMimic's humanoid clips (`humanoid3d_*.txt`): reading, and evaluation to SMPL's joints.

The file's axes: x forward, y up, z to the subject's right; the rest pose stands with its arms hanging. A frame holds a
duration, the root's position, and thirteen joints that are balls (a quaternion, w first) or hinges about z (an angle).
"""

import json
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...errors import MotionDataError
from ...motion_import.rest_pose import OFFSETS_M
from ...motion_import.source_clip import FloatArray, SourceClip
from ...rotations import quat_wxyz_to_rotmat, rotmat_to_rotvec, rotvec_to_rotmat
from ..resampling import sample_positions, sample_rotations

RIG_NAME: Final = "deepmimic"

_COLUMNS: Final = {
    "root": (4, 4), "chest": (8, 4), "neck": (12, 4),
    "right_hip": (16, 4), "right_knee": (20, 1), "right_ankle": (21, 4),
    "right_shoulder": (25, 4), "right_elbow": (29, 1),
    "left_hip": (30, 4), "left_knee": (34, 1), "left_ankle": (35, 4),
    "left_shoulder": (39, 4), "left_elbow": (43, 1),
}  # fmt: skip
"""Joint -> first column and number of columns; the duration and the root's position come before."""

COLUMN_COUNT: Final = 44
JOINTS: Final = tuple(_COLUMNS)

_SOURCE_PARENTS: Final = {
    "chest": "root", "neck": "chest",
    **{f"{side}_hip": "root" for side in ("left", "right")},
    **{f"{side}_knee": f"{side}_hip" for side in ("left", "right")},
    **{f"{side}_ankle": f"{side}_knee" for side in ("left", "right")},
    **{f"{side}_shoulder": "chest" for side in ("left", "right")},
    **{f"{side}_elbow": f"{side}_shoulder" for side in ("left", "right")},
}  # fmt: skip

# Metres, in the file's axes, for the left side; the humanoid of the PyBullet package is drawn four times as large.
_SOURCE_OFFSETS_M: Final = {
    "chest": (0.0, 0.236151, 0.0), "neck": (0.0, 0.223894, 0.0),
    "left_hip": (0.0, 0.0, -0.084887), "left_knee": (0.0, -0.421546, 0.0), "left_ankle": (0.0, -0.40987, 0.0),
    "left_shoulder": (-0.02405, 0.2435, -0.18311), "left_elbow": (0.0, -0.274788, 0.0),
    "left_wrist": (0.0, -0.258947, 0.0),
}  # fmt: skip

SMPL_FROM_SOURCE: Final = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Takes a vector of the file's axes to +X left, Y up, +Z forward."""


@dataclass(frozen=True)
class HumanoidMotion:
    """A clip on DeepMimic's humanoid, axes +X left, Y up, +Z forward, lengths in metres.

    Attributes:
        rotmat: (T, 13, 3, 3) rotations against the parent joint, in the order of JOINTS.
        root: (T, 3) position of the pelvis.
        is_cyclic: the file says that the last frame is the first one of the next cycle.
    """

    rotmat: FloatArray
    root: FloatArray
    is_cyclic: bool


def read_humanoid_motion(text: str, name: str, frame_rate_hz: float) -> HumanoidMotion:
    """Return a clip at a frame rate.

    Args:
        text: a file's text. name: for the error.
    Raises:
        MotionDataError: it is no clip of the humanoid.
    """
    try:
        content = json.loads(text)
        frames = np.array(content["Frames"], float)
    except (ValueError, KeyError, TypeError) as error:
        raise MotionDataError(f"{name} is no motion of DeepMimic's, or it is damaged.") from error
    if frames.ndim != 2 or frames.shape[1] != COLUMN_COUNT or len(frames) < 2 or not np.isfinite(frames).all():
        raise MotionDataError(
            f"{name} holds no motion of the humanoid: at least two frames of {COLUMN_COUNT} numbers were expected."
        )
    if (frames[:-1, 0] <= 0).any():
        raise MotionDataError(f"{name} has a frame without a duration.")
    times_s = np.concatenate([[0.0], np.cumsum(frames[:-1, 0])])
    wanted_s = np.arange(int(times_s[-1] * frame_rate_hz + 1e-6) + 1) / frame_rate_hz
    places = np.interp(wanted_s, times_s, np.arange(len(frames)))
    rotmat = np.stack([_joint_rotmat(frames, joint) for joint in JOINTS], axis=1)
    rotmat = SMPL_FROM_SOURCE @ sample_rotations(rotmat, places) @ SMPL_FROM_SOURCE.T
    root = sample_positions(frames[:, 1:4], places) @ SMPL_FROM_SOURCE.T
    return HumanoidMotion(rotmat, root, content.get("Loop") == "wrap")


def humanoid_clip(motion: HumanoidMotion, frame_rate_hz: float) -> SourceClip:
    """Return the motion keyed by SMPL's joints, with what the humanoid has as one joint shared out over the spine."""
    rotations, positions = humanoid_globals(motion)
    local = {joint: motion.rotmat[:, index] for index, joint in enumerate(JOINTS)}
    rotations["pelvis"], positions["pelvis"] = rotations.pop("root"), positions.pop("root")
    rotations["spine3"] = rotations.pop("chest")
    rotations["spine1"] = rotations["pelvis"] @ _share(local["chest"], 1 / 3)
    rotations["head"] = rotations["neck"]
    rotations["neck"] = rotations["spine3"] @ _share(local["neck"], 1 / 2)
    for side in ("left", "right"):
        rotations[f"{side}_collar"] = rotations["spine3"]
        rotations[f"{side}_wrist"] = rotations[f"{side}_elbow"]
    # Knees and elbows turn about the file's z, which is the right.
    hinges = {f"{side}_elbow": np.array([-1.0, 0.0, 0.0]) for side in ("left", "right")}
    kept = [joint for joint in positions if joint not in ("chest", "neck")]
    rest = _rest_positions()
    return SourceClip(
        rig=RIG_NAME,
        frame_rate_hz=frame_rate_hz,
        rotations=rotations,
        positions={joint: positions[joint] for joint in kept},
        rest={joint: rest[joint] for joint in kept if joint in rest},
        hinge_axes=hinges,
    )


def humanoid_globals(motion: HumanoidMotion) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Return global rotations (T, 3, 3) and positions (T, 3) of the humanoid's joints, wrists and toes."""
    offsets = _offsets()
    rotations, positions = {"root": motion.rotmat[:, 0]}, {"root": motion.root}
    for index, joint in enumerate(JOINTS[1:], start=1):
        parent = _SOURCE_PARENTS[joint]
        rotations[joint] = rotations[parent] @ motion.rotmat[:, index]
        positions[joint] = positions[parent] + rotations[parent] @ offsets[joint]
    for side in ("left", "right"):
        for end, parent in ((f"{side}_wrist", f"{side}_elbow"), (f"{side}_foot", f"{side}_ankle")):
            positions[end] = positions[parent] + rotations[parent] @ offsets[end]
    return rotations, positions


def _joint_rotmat(frames: FloatArray, joint: str) -> FloatArray:
    """Return (T, 3, 3) in the file's axes."""
    first, count = _COLUMNS[joint]
    values = frames[:, first : first + count]
    if count == 1:
        return rotvec_to_rotmat(values * [0.0, 0.0, 1.0])
    return quat_wxyz_to_rotmat(values / np.linalg.norm(values, axis=1, keepdims=True))


def _share(rotmat: FloatArray, share: float) -> FloatArray:
    return rotvec_to_rotmat(share * rotmat_to_rotvec(rotmat))


def _offsets() -> dict[str, FloatArray]:
    """Return each joint's offset (3,) from its parent, +X left, Y up, +Z forward."""
    offsets = {joint: SMPL_FROM_SOURCE @ np.array(offset) for joint, offset in _SOURCE_OFFSETS_M.items()}
    # A box is the humanoid's foot; flat on the ground it lies as the generic skeleton's does.
    offsets["left_foot"] = OFFSETS_M[10]
    mirrored = {joint.replace("left", "right"): offset * [-1, 1, 1] for joint, offset in offsets.items()}
    return {**mirrored, **offsets}


def _rest_positions() -> dict[str, FloatArray]:
    """Return the rest pose's joints (3,)."""
    rest = HumanoidMotion(np.tile(np.eye(3), (1, len(JOINTS), 1, 1)), np.zeros((1, 3)), is_cyclic=False)
    return {joint: positions[0] for joint, positions in humanoid_globals(rest)[1].items()}
