"""What the artist has posed: the bones of the armature as they are now, next to the keys. Reads only, but for keys.

Blender forgets a pose without keys as soon as the frame changes, and automatic keying has already put it into the keys;
so the pose is compared with what the cleanup has written, wherever it is now.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...core.errors import SceneError
from ...core.rotations import rotvec_to_quat_wxyz
from ...core.skeleton import JOINT_NAMES
from ..axes import FloatArray
from ..cleanup.keys import LOCATION_PATH, rotation_path
from ..cleanup.legs import PELVIS
from ..compat import ActionCurves
from .turns import angle_between, multiply_quat_wxyz, turn_between

POSED_RAD: Final = 1e-3
POSED_M: Final = 1e-4
"""What differs by less is rounding."""


@dataclass(frozen=True)
class ShownPose:
    """Local rotations (..., 24, 4), unit quaternions, and the root bone's location (..., 3), in its rest frame."""

    quats_wxyz: FloatArray
    location: FloatArray

    def turned(self, keyed: "ShownPose") -> set[int]:
        """Return the joints that are turned against the keys."""
        return {int(joint) for joint in np.flatnonzero(angle_between(keyed.quats_wxyz, self.quats_wxyz) > POSED_RAD)}

    def is_moved(self, keyed: "ShownPose") -> bool:
        """True where the root bone is elsewhere than its keys."""
        return bool(np.linalg.norm(self.location - keyed.location) > POSED_M)


def shown_pose(armature: Any) -> ShownPose:
    """Return the bones as they are now, keyed or not."""
    bones = [armature.pose.bones[name] for name in JOINT_NAMES]
    quats = np.array([_rotation(bone) for bone in bones], np.float64)
    return ShownPose(_unit(quats), np.array(bones[PELVIS].location, np.float64))


def _rotation(bone: Any) -> Any:
    if bone.rotation_mode == "QUATERNION":
        return bone.rotation_quaternion
    return bone.matrix_basis.to_quaternion()


def _unit(quats: FloatArray) -> FloatArray:
    unit: FloatArray = quats / np.maximum(np.linalg.norm(quats, axis=-1, keepdims=True), 1e-9)
    return unit


def row_near(frames: FloatArray, frame: float) -> int:
    """Return which of the keys at scene frames (M,) is meant at a frame: the nearest, at most half a step away.

    Raises:
        SceneError: there is none.
    """
    nearest = int(np.argmin(np.abs(frames - frame)))
    steps = np.diff(frames)
    step = float(np.median(steps)) if len(steps) else 1.0
    if abs(frames[nearest] - frame) > max(step, 1.0) / 2 + 1e-3:
        raise SceneError(
            f"The motion has no key near frame {frame:g}; its keys go from {frames[0]:g} to {frames[-1]:g}, "
            "and the video may show nobody in between.",
            "Pose the bones on a frame with a key.",
        )
    return nearest


def keyed_pose(frames: FloatArray, keys: ShownPose, frame: float) -> ShownPose:
    """Return what keys (M, 24, 4) and (M, 3) at scene frames (M,) show at a frame, straight in between."""
    after = int(np.searchsorted(frames, frame).clip(max=len(frames) - 1))
    before = max(after - 1, 0) if frames[after] > frame else after
    span = frames[after] - frames[before]
    share = float(np.clip((frame - frames[before]) / span, 0, 1)) if span > 0 else 0.0
    quats, places = (
        (1 - share) * values[before] + share * values[after] for values in (keys.quats_wxyz, keys.location)
    )
    return ShownPose(_unit(quats), places)


def carry_over(shown: ShownPose, at_frame: ShownPose, at_row: ShownPose) -> ShownPose:
    """Return in the frame of a key what is posed beside it: the same turns and the same move against the keys.

    Args:
        at_frame: what the keys show where the artist has posed; `at_row`: at the key itself.
    """
    turns = rotvec_to_quat_wxyz(turn_between(at_frame.quats_wxyz, shown.quats_wxyz))
    quats = multiply_quat_wxyz(at_row.quats_wxyz, turns)
    return ShownPose(quats, at_row.location + shown.location - at_frame.location)


def take_keys_back(
    curves: ActionCurves, joints: Collection[int], keys: ShownPose, frames: FloatArray, row: int
) -> None:
    """Take back what automatic keying has put at the frame of a pin, which keeps it from now on.

    Else the cleanup would find keys edited by hand, and keep a copy of the action for each pin.

    Args:
        keys: (M, 24, 4) and (M, 3) as the cleanup wrote them, float32.
        frames: (M,) of these keys; `row`: of the key that is pinned.
    """
    existing = {(curve.data_path, curve.array_index): curve for curve in curves.container.fcurves}
    wanted = {(rotation_path(joint), part): keys.quats_wxyz[row, joint, part] for joint in joints for part in range(4)}
    wanted |= {(LOCATION_PATH, axis): keys.location[row, axis] for axis in range(3)}
    for key, value in wanted.items():
        points = existing[key].keyframe_points if key in existing else ()
        if len(points) == len(frames) and points[row].co.y != value:
            points[row].co.y = value
            existing[key].update()
