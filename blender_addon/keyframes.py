"""Keys a motion on the armature: 24 quaternions, the root's location as 99 f-curves, in bulk."""

from collections.abc import Callable
from typing import Any, Final

import bpy
import numpy as np

from ..core.motion import Motion
from ..core.rotations import rotvec_to_quat_wxyz
from ..core.skeleton import JOINT_COUNT, JOINT_NAMES
from .axes import FloatArray, ScenePlacement, keyed_location, keyed_quat_wxyz
from .compat import assign_new_action, current_fcurves
from .rest_pose import StandingRest

WHOLE_FRAME_TOLERANCE: Final = 0.02
"""Containers round their times to a millisecond or so; a key this near to a whole frame is put on it."""


def key_motion(armature: Any, motion: Motion, rest: StandingRest, placement: ScenePlacement, frames: FloatArray) -> Any:
    """Give the armature a new action with the motion's keys and return the action.

    Args:
        rest: the rest pose that the armature was made with.
        frames: (T,) scene frames of the rows, from `scene_frames`; need not be whole.
    """
    curves = assign_new_action(armature, armature.name)
    quats, location = bone_quat_wxyz(motion, placement), root_location(motion, rest, placement)
    for joint, name in enumerate(JOINT_NAMES):
        for component in range(4):
            curve = curves.new(f'pose.bones["{name}"].rotation_quaternion', component, name)
            write_keys(curve, frames, quats[:, joint, component])
    root = JOINT_NAMES[0]
    for axis in range(3):
        write_keys(curves.new(f'pose.bones["{root}"].location', axis, root), frames, location[:, axis])
    return curves.action


def write_keys(curve: Any, frames: FloatArray, values: FloatArray, interpolation: str = "LINEAR") -> None:
    """Fill an empty f-curve with keys at `frames` (T,), with handles that suit a later change to Bezier."""
    points = curve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).ravel())
    handle_type = _enum_value("handle_left_type", "AUTO_CLAMPED")
    for attribute, value in (
        ("interpolation", _enum_value("interpolation", interpolation)),
        ("handle_left_type", handle_type),
        ("handle_right_type", handle_type),
    ):
        points.foreach_set(attribute, np.full(len(frames), value, np.int32))
    curve.update()


def _enum_value(attribute: str, identifier: str) -> int:
    """Return the number by which `foreach_set` knows an enum item of a key."""
    return int(bpy.types.Keyframe.bl_rna.properties[attribute].enum_items[identifier].value)


def scene_frames(timestamps: FloatArray, first_frame: float, scene_rate_hz: float) -> FloatArray:
    """Return the scene frames (T,) of source times.

    Args:
        timestamps: (T,) seconds from the video's start.
        first_frame: scene frame of the video's start.
        scene_rate_hz: the scene's frames a second.
    """
    frames = first_frame + timestamps * scene_rate_hz
    whole = np.round(frames)
    return np.where(np.abs(frames - whole) <= WHOLE_FRAME_TOLERANCE, whole, frames)


def bone_quat_wxyz(motion: Motion, placement: ScenePlacement) -> FloatArray:
    """Return the bones' local quaternions (T, 24, 4), without sign flips in time."""
    rotvecs = motion.poses.reshape(-1, JOINT_COUNT, 3).astype(np.float64)
    return keyed_quat_wxyz(rotvec_to_quat_wxyz(rotvecs), placement)


def root_location(motion: Motion, rest: StandingRest, placement: ScenePlacement) -> FloatArray:
    """Return the root bone's location (T, 3), metres, in its rest frame."""
    return keyed_location(placement.to_world(motion.joints[:, 0].astype(np.float64)), rest.heads[0])


def retime_keys(data_block: Any, first_frame: float, factor: float) -> None:
    """Move all keys of a data-block's current action: `factor` times as far from `first_frame` as before."""
    _move_keys(data_block, lambda frames: scene_frames(frames - first_frame, first_frame, factor))


def shift_keys(data_block: Any, by_frames: float) -> None:
    """Move all keys of a data-block's current action by a number of frames."""
    _move_keys(data_block, lambda frames: frames + by_frames)


def _move_keys(data_block: Any, new_frames: Callable[[FloatArray], FloatArray]) -> None:
    for curve in current_fcurves(data_block):
        points = curve.keyframe_points
        coordinates = np.empty(2 * len(points), np.float32)
        points.foreach_get("co", coordinates)
        coordinates[0::2] = new_frames(coordinates[0::2].astype(np.float64))
        points.foreach_set("co", coordinates)
        curve.update()


def key_range(data_block: Any) -> tuple[float, float] | None:
    """Return the first and last frame with a key in the data-block's current action; None without keys."""
    ranges = [tuple(curve.range()) for curve in current_fcurves(data_block) if len(curve.keyframe_points)]
    if not ranges:
        return None
    return min(start for start, _ in ranges), max(end for _, end in ranges)
