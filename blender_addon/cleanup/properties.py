"""The cleanup's settings, kept in the armature object as `object.jointwise_cleanup`; every change is live."""

from typing import Any

import bpy

from ...core.skeleton import JOINT_COUNT
from .callback import when_changed
from .settings import ALL_JOINTS, CleanupSettings


class JointwiseCleanup(bpy.types.PropertyGroup):
    """Settings of one captured armature; `CleanupSettings` says what each means.

    Note: no methods here, see `JointwiseSettings`, and the update callback holds no names, see `callback`. Nothing is
    animatable: a keyed setting would not be live.
    """

    prior: bpy.props.FloatProperty(
        name="Prior",
        description="How much of the learned motion prior to keep: 1 is the estimate, 0 what each frame alone gave",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
        update=when_changed,
    )
    joint_prior: bpy.props.FloatVectorProperty(
        name="Prior of a Joint",
        description="How much of the learned motion prior this joint keeps; multiplied by the overall one",
        size=JOINT_COUNT,
        default=ALL_JOINTS,
        min=0.0,
        max=1.0,
        options=set(),
        update=when_changed,
    )
    smoothing_s: bpy.props.FloatProperty(
        name="Smoothing",
        description="Turns that swing back and forth within this time lose half their size; faster ones more",
        min=0.0,
        soft_max=1.0,
        max=10.0,
        step=1,
        precision=2,
        subtype="TIME_ABSOLUTE",
        options=set(),
        update=when_changed,
    )
    root_smoothing_s: bpy.props.FloatProperty(
        name="Root Smoothing",
        description="The same for the place of the pelvis",
        min=0.0,
        soft_max=2.0,
        max=10.0,
        step=1,
        precision=2,
        subtype="TIME_ABSOLUTE",
        options=set(),
        update=when_changed,
    )
    contact_mode: bpy.props.EnumProperty(
        name="Foot Contacts",
        description="Which feet to hold still",
        items=[
            ("never", "Never", "Leave the feet as they are estimated"),
            ("auto", "Auto", "Hold a foot still while its contact curve says that it stands; no foot in the floor"),
            ("always", "Always", "Hold a foot still whenever it is slow and near the floor; no foot in the floor"),
            ("ground", "Ground Only", "Only lift feet out of the floor"),
        ],
        options=set(),
        update=when_changed,
    )
    in_place: bpy.props.BoolProperty(
        name="In Place",
        description="Take the horizontal travel away; up and down stay",
        options=set(),
        update=when_changed,
    )
    loop: bpy.props.BoolProperty(
        name="Loop",
        description="Make a cycle whose end meets its start; it gets shorter by the blend",
        options=set(),
        update=when_changed,
    )
    loop_blend_s: bpy.props.FloatProperty(
        name="Blend",
        description="Time over which the end goes into the start; at most half of the clip",
        default=CleanupSettings.loop_blend_s,
        min=0.0,
        soft_max=2.0,
        step=1,
        precision=2,
        subtype="TIME_ABSOLUTE",
        options=set(),
        update=when_changed,
    )
    loop_travel: bpy.props.BoolProperty(
        name="Keep Travel",
        description="Let each cycle go on from where the former one ended; else the cycle ends where it started",
        default=True,
        options=set(),
        update=when_changed,
    )
    first_frame: bpy.props.IntProperty(
        name="First Frame",
        description="First frame of the video to key, counted from 0",
        min=0,
        options=set(),
        update=when_changed,
    )
    end_frame: bpy.props.IntProperty(
        name="End Frame",
        description="First frame of the video that is not keyed any more; 0 for all",
        min=0,
        options=set(),
        update=when_changed,
    )
    speed: bpy.props.FloatProperty(
        name="Speed",
        description="2 plays twice as fast, from the first key on",
        default=1.0,
        min=0.05,
        soft_min=0.25,
        soft_max=4.0,
        max=20.0,
        step=1,
        options=set(),
        update=when_changed,
    )
    key_unseen: bpy.props.BoolProperty(
        name="Key Unseen Limbs",
        description="Key limbs that the video hardly ever shows as well; their motion is a guess",
        options=set(),
        update=when_changed,
    )


def is_untouched(group: Any) -> bool:
    """True while no setting of the cleanup has been changed."""
    return not any(group.is_property_set(name) and not _is_default(group, name) for name in setting_names())


def setting_names() -> list[str]:
    """Return the names of all settings."""
    return list(JointwiseCleanup.__annotations__)


def _is_default(group: Any, name: str) -> bool:
    definition = group.bl_rna.properties[name]
    if getattr(definition, "is_array", False):
        return tuple(getattr(group, name)) == tuple(definition.default_array)
    return bool(getattr(group, name) == definition.default)


def register_cleanup() -> None:
    """Give every object its settings."""
    bpy.types.Object.jointwise_cleanup = bpy.props.PointerProperty(type=JointwiseCleanup)


def unregister_cleanup() -> None:
    """Take them away."""
    del bpy.types.Object.jointwise_cleanup
