"""The pins, kept in the armature object as `object.jointwise_pins`: saved, copied and undone with it."""

import bpy

from .callback import when_changed
from .pin import PinPlan


class JointwisePinnedBone(bpy.types.PropertyGroup):
    """One bone's rotation in a pin."""

    joint: bpy.props.IntProperty(name="Joint", description="Number of the bone, as SMPL counts", min=0, max=23)
    rotation: bpy.props.FloatVectorProperty(
        name="Rotation",
        description="Of the bone, as its keys have it: a quaternion (w, x, y, z)",
        size=4,
        default=(1.0, 0.0, 0.0, 0.0),
        options=set(),
    )


class JointwisePin(bpy.types.PropertyGroup):
    """The pose of some bones on one frame of the video."""

    row: bpy.props.IntProperty(
        name="Row", description="Which of the video's frames with a pose is pinned, counted from 0", options=set()
    )
    muted: bpy.props.BoolProperty(
        name="Mute",
        description="Leave this pin out, and keep it for later",
        options=set(),
        update=when_changed,
    )
    bones: bpy.props.CollectionProperty(type=JointwisePinnedBone)
    has_place: bpy.props.BoolProperty(
        name="Place", description="Whether the place of the pelvis is pinned too", options=set()
    )
    place: bpy.props.FloatVectorProperty(
        name="Pelvis",
        description="Where the pelvis is pinned, in the world, before In Place and Loop",
        subtype="XYZ_LENGTH",
        unit="LENGTH",
        options=set(),
    )


class JointwisePins(bpy.types.PropertyGroup):
    """All pins of one captured armature. No methods here, and nothing animatable, as in `JointwiseCleanup`."""

    pins: bpy.props.CollectionProperty(type=JointwisePin)
    active: bpy.props.IntProperty(name="Pin", description="The chosen pin", options=set())
    reach_s: bpy.props.FloatProperty(
        name="Pin Reach",
        description="How long before and after a pin the motion gives way to it; frames farther away stay as they are",
        default=PinPlan.reach_s,
        min=0.05,
        soft_max=2.0,
        max=10.0,
        step=1,
        precision=2,
        subtype="TIME_ABSOLUTE",
        options=set(),
        update=when_changed,
    )
    keep_feet: bpy.props.BoolProperty(
        name="Keep Feet",
        description="Feet that stand, by their contact curves, stay where they are when pins move the body above them",
        default=PinPlan.keep_feet,
        options=set(),
        update=when_changed,
    )


def register_pins() -> None:
    """Give every object its pins."""
    bpy.types.Object.jointwise_pins = bpy.props.PointerProperty(type=JointwisePins)


def unregister_pins() -> None:
    """Take them away."""
    del bpy.types.Object.jointwise_pins
