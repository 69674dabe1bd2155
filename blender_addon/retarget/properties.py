"""What the user chooses for a retarget, kept in the scene as `scene.jointwise.retarget`.

Functions stand beside the groups, not in them: registered property groups with methods make bpy 4.2 crash as it ends.
"""

import json
from typing import Any

import bpy

from ...core.errors import JointwiseError
from .bone_map import BoneMap, map_from_contents, map_to_contents
from .callback import is_armature, when_target_changed
from .joints import JOINTS
from .motion import RetargetOptions, recognise_rig
from .recognition import Recognition


def recognise_target(settings: Any) -> None:
    """Fill the mapping with the bones of the chosen rig, or say why that cannot be done."""
    clear_mapping(settings)
    if settings.target is None:
        return
    try:
        fill_mapping(settings, recognise_rig(settings.target))
    except JointwiseError as error:
        settings.doubts = str(error)


class JointwiseJointBone(bpy.types.PropertyGroup):
    """One joint and the bone that stands for it; an empty bone leaves the joint out."""

    joint: bpy.props.StringProperty(name="Joint")
    bone: bpy.props.StringProperty(name="Bone", description="The rig's bone for this joint; empty to leave it out")


class JointwiseRetargetSettings(bpy.types.PropertyGroup):
    """Whom to retarget onto, with which bones, and how."""

    target: bpy.props.PointerProperty(
        name="Target Rig",
        description="The armature of your character",
        type=bpy.types.Object,
        poll=is_armature,
        update=when_target_changed,
    )
    bones: bpy.props.CollectionProperty(type=JointwiseJointBone)
    recognised: bpy.props.StringProperty(description="The map that was found, as text", options={"HIDDEN"})
    score: bpy.props.FloatProperty(name="Score", description="How well the rig fits the map, 0 to 1", min=0.0, max=1.0)
    doubts: bpy.props.StringProperty(description="What is uncertain about the mapping", options={"HIDDEN"})
    pin_feet: bpy.props.BoolProperty(
        name="Pin Feet",
        description="Feet that stand in the capture stand still on the rig too, whatever its proportions",
        default=True,
    )
    scale_root: bpy.props.BoolProperty(
        name="Scale Root Motion",
        description="Make the way over the ground longer or shorter by the length of the rig's legs",
        default=True,
    )
    flat_soles: bpy.props.BoolProperty(
        name="Keep Soles Flat",
        description="Feet stand as flat as they do at the rig's rest, for high heels and other shoes;"
        " else they point exactly as the captured feet do",
    )
    in_place: bpy.props.BoolProperty(
        name="In Place", description="Leave out the way over the ground, for games and cycles"
    )


def clear_mapping(settings: Any) -> None:
    """Forget what was recognised."""
    settings.bones.clear()
    settings.recognised, settings.doubts, settings.score = "", "", 0.0


def fill_mapping(settings: Any, found: Recognition) -> None:
    """Show a mapping in the panel."""
    clear_mapping(settings)
    settings.recognised = json.dumps(map_to_contents(found.bone_map))
    settings.score = found.score
    settings.doubts = "\n".join(found.warnings)
    for joint in JOINTS:
        entry = settings.bones.add()
        entry.name = entry.joint = joint
        entry.bone = found.bone_map.bones.get(joint, "")


def bone_map_of(settings: Any) -> BoneMap:
    """Return the mapping in the panel, with the user's changes."""
    base = map_from_contents(json.loads(settings.recognised)) if settings.recognised else BoneMap("Own mapping", {})
    return base.with_bones({entry.joint: entry.bone for entry in settings.bones if entry.bone})


def retarget_options(settings: Any) -> RetargetOptions:
    """Return the options in the panel."""
    return RetargetOptions(settings.pin_feet, settings.scale_root, settings.in_place, settings.flat_soles)
