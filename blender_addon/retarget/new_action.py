"""A new action for a rig, all or nothing: a failure brings back the former action, the pose and the switches."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import bpy

from ..compat import ActionCurves, assign_action, assign_new_action, slot_identifier
from .switches import SWITCHES

CHANNELS: Final = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")


@contextmanager
def new_action(target: Any, name: str) -> Iterator[ActionCurves]:
    """Give the target a new action; the former one is kept with the file, as is the new one."""
    animation = target.animation_data
    former, slot = (animation.action, slot_identifier(target)) if animation else (None, None)
    pose = _pose(target)
    curves = assign_new_action(target, name)
    try:
        yield curves
    except BaseException:
        assign_action(target, former, slot)
        bpy.data.actions.remove(curves.action)
        _restore(target, pose)
        raise
    curves.action.use_fake_user = True
    if former is not None and former.library is None:
        # One motion after the other onto one rig: none may be lost with the file.
        former.use_fake_user = True


def _pose(target: Any) -> dict[str, tuple[dict[str, tuple[float, ...]], dict[str, Any]]]:
    """Return the values of all bones' channels and switches by bone."""
    return {
        bone.name: (
            {channel: tuple(getattr(bone, channel)) for channel in CHANNELS},
            {name: bone[name] for name in SWITCHES if name in bone},
        )
        for bone in target.pose.bones
    }


def _restore(target: Any, pose: dict[str, tuple[dict[str, tuple[float, ...]], dict[str, Any]]]) -> None:
    for name, (channels, switches) in pose.items():
        bone = target.pose.bones[name]
        for channel, values in channels.items():
            setattr(bone, channel, values)
        for switch, value in switches.items():
            bone[switch] = value
