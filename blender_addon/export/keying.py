"""Keys a copied armature with sampled poses: one action, or a strip of the NLA for each take."""

from dataclasses import replace
from typing import Any, Final

import bpy
import numpy as np

from ..compat import assign_new_action, assign_strip_slot
from ..keyframes import write_keys
from .poses import BoneChannels, FloatArray, SampledPoses, Skeleton, bone_channels, decompose

CONSTANT_TOLERANCE: Final = 1e-7

CHANNELS: Final = ("location", "rotation_quaternion", "scale")

REST_FRAME: Final = -1
"""The copies rest there, before the first frame, when an exporter starts: FBX without a mesh has its rest from it."""


def key_copy(copy: Any, poses: SampledPoses, made: list[Any]) -> None:
    """Key the bones, and the object where it moves; what stays the same is set instead. Takes become NLA strips."""
    copy.rotation_mode = "QUATERNION"
    channels = bone_channels(replace(poses, pose=np.concatenate([poses.skeleton.rest[None], poses.pose])))
    moves = decompose(np.concatenate([poses.object_world[:1], poses.object_world])[:, None])
    if not poses.takes:
        rows = slice(0, len(poses.frames) + 1)
        frames = np.concatenate([[REST_FRAME], poses.frames])
        _key_action(copy, copy.name, poses.skeleton, channels, moves, rows, frames, made, is_one_of_several=False)
        return
    for take in poses.takes:
        # The first row is the rest.
        rows = slice(take.rows.start + 1, take.rows.stop + 1)
        frames = poses.frames[take.rows]
        _key_action(copy, take.name, poses.skeleton, channels, moves, rows, frames, made, True)
        _push_down(copy, take.name)


def _key_action(
    copy: Any,
    name: str,
    skeleton: Skeleton,
    channels: BoneChannels,
    moves: BoneChannels,
    rows: slice,
    frames: FloatArray,
    made: list[Any],
    is_one_of_several: bool,
) -> None:
    """Key some rows of the channels in a new action; one of several holds all of them, constant or not."""
    curves = assign_new_action(copy, name)
    made.append(curves.action)
    for index, bone_name in enumerate(skeleton.names):
        bone, path = copy.pose.bones[bone_name], f'pose.bones["{bpy.utils.escape_identifier(bone_name)}"].'
        always = CHANNELS if is_one_of_several else ("rotation_quaternion",)
        _key_transform(curves, bone, path, bone_name, channels.of(rows, index), frames, always)
    _key_transform(curves, copy, "", "Object", moves.of(rows, 0), frames, CHANNELS if is_one_of_several else ())


def _push_down(copy: Any, name: str) -> None:
    """Make the current action a strip of the NLA that plays from frame 0 and nowhere else."""
    animation = copy.animation_data
    track = animation.nla_tracks.new()
    track.name = name
    strip = track.strips.new(name, 0, animation.action)
    assign_strip_slot(strip)
    strip.extrapolation = "NOTHING"
    strip.name = name
    animation.action = None


def _key_transform(
    curves: Any,
    owner: Any,
    prefix: str,
    group: str,
    channels: BoneChannels,
    frames: FloatArray,
    always: tuple[str, ...],
) -> None:
    """Set location, rotation and scale, and key those that change.

    Args:
        always: those to key even where they stay the same.
    """
    for name, values in (
        ("location", channels.location),
        ("rotation_quaternion", channels.quat_wxyz),
        ("scale", channels.scale),
    ):
        setattr(owner, name, values[0])
        is_constant = np.abs(values - values[0]).max() <= CONSTANT_TOLERANCE * max(1.0, np.abs(values[0]).max())
        if is_constant and name not in always:
            continue
        for component in range(values.shape[1]):
            write_keys(curves.new(f"{prefix}{name}", component, group), frames, values[:, component])
