"""Every difference between the Blender versions 4.2 to 5.2, and nothing else. Imports only bpy."""

from dataclasses import dataclass
from typing import Any, Final

import bpy

HAS_ACTION_SLOTS: Final = bpy.app.version >= (4, 4, 0)
NEW_FCURVE_TAKES_GROUP_NAME: Final = bpy.app.version >= (5, 0, 0)
MATERIALS_ALWAYS_HAVE_NODES: Final = bpy.app.version >= (5, 0, 0)

POSE_BONES_ARE_SELECTED: Final = bpy.app.version >= (5, 0, 0)

MOVIES_KEEP_ROTATION: Final = bpy.app.version >= (4, 5, 0)
"""Measured with marked videos: 4.2 shows them as they are stored, 4.5 and 5.2 as the mark says."""


def blender_name() -> str:
    """Return Blender's version and build, for a report."""
    return f"{bpy.app.version_string} ({bpy.app.build_hash.decode()})"


@dataclass(frozen=True)
class ActionCurves:
    """The f-curves that one action holds for one data-block.

    Attributes:
        action: bpy.types.Action.
        container: the action itself (to 4.3) or the channel bag of the data-block's slot (from 4.4).
    """

    action: Any
    container: Any

    def new(self, data_path: str, index: int, group_name: str) -> Any:
        """Add an empty f-curve in a named group and return it."""
        fcurves = self.container.fcurves
        if not HAS_ACTION_SLOTS:
            return fcurves.new(data_path, index=index, action_group=group_name)
        if NEW_FCURVE_TAKES_GROUP_NAME:
            return fcurves.new(data_path, index=index, group_name=group_name)
        fcurve = fcurves.new(data_path, index=index)
        fcurve.group = self.container.groups.get(group_name) or self.container.groups.new(group_name)
        return fcurve


def assign_new_action(data_block: Any, name: str) -> ActionCurves:
    """Give a data-block (object, camera, ...) a new, empty action with a slot for it."""
    action = bpy.data.actions.new(name)
    animation = data_block.animation_data_create()
    animation.action = action
    if not HAS_ACTION_SLOTS:
        return ActionCurves(action, action)
    slot = action.slots.new(id_type=data_block.id_type, name=data_block.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    # The automatic choice may leave no slot, and then nothing moves, silently.
    animation.action_slot = slot
    return ActionCurves(action, strip.channelbag(slot, ensure=True))


def assign_action(data_block: Any, action: Any, slot: str | None) -> None:
    """Make an existing action the data-block's current one, with the slot of this identifier (None to 4.3)."""
    animation = data_block.animation_data_create()
    animation.action = action
    if HAS_ACTION_SLOTS and slot is not None:
        animation.action_slot = action.slots.get(slot)


def slot_identifier(data_block: Any) -> str | None:
    """Return the identifier of the data-block's current action slot; None to 4.3 or without one."""
    animation = data_block.animation_data
    if not HAS_ACTION_SLOTS or animation is None or animation.action_slot is None:
        return None
    return str(animation.action_slot.identifier)


def strip_slot_identifier(strip: Any) -> str | None:
    """Return the identifier of the slot that an NLA strip plays; None to 4.3 or without one."""
    if not HAS_ACTION_SLOTS or strip.action_slot is None:
        return None
    return str(strip.action_slot.identifier)


def assign_strip_slot(strip: Any) -> None:
    """Let an NLA strip play the first slot of its action."""
    if HAS_ACTION_SLOTS:
        strip.action_slot = strip.action.slots[0]


def current_fcurves(data_block: Any) -> list[Any]:
    """Return the f-curves that animate a data-block through its current action; empty without one."""
    animation = data_block.animation_data
    if animation is None or animation.action is None:
        return []
    if not HAS_ACTION_SLOTS:
        return list(animation.action.fcurves)
    if animation.action_slot is None:
        return []
    strips = [strip for layer in animation.action.layers for strip in layer.strips if strip.type == "KEYFRAME"]
    bags = [strip.channelbag(animation.action_slot) for strip in strips]
    return [fcurve for bag in bags if bag is not None for fcurve in bag.fcurves]


def current_action_curves(data_block: Any) -> ActionCurves | None:
    """Return the f-curves of a data-block's current action, to add to and take from; None without action or slot."""
    animation = data_block.animation_data
    if animation is None or animation.action is None:
        return None
    action = animation.action
    if not HAS_ACTION_SLOTS:
        return ActionCurves(action, action)
    if animation.action_slot is None:
        return None
    strips = [strip for layer in action.layers for strip in layer.strips if strip.type == "KEYFRAME"]
    if not strips:
        return None
    return ActionCurves(action, strips[0].channelbag(animation.action_slot, ensure=True))


def is_action_shared(data_block: Any) -> bool:
    """True where the data-block's current action (from 4.4: its slot) animates other data-blocks too."""
    animation = data_block.animation_data
    if HAS_ACTION_SLOTS:
        return any(user != data_block for user in animation.action_slot.users())
    return bool(animation.action.users - int(animation.action.use_fake_user) > 1)


def is_bone_selected(pose_bone: Any) -> bool:
    """True for a bone that is selected in pose mode."""
    return bool(pose_bone.select if POSE_BONES_ARE_SELECTED else pose_bone.bone.select)


def enable_nodes(material: Any) -> None:
    """Give a new material its shader nodes; from 5.0 on it always has them."""
    if not MATERIALS_ALWAYS_HAVE_NODES:
        material.use_nodes = True
