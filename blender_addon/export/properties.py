"""The export's settings: in the scene as `scene.jointwise.export`, and the same on every export operator."""

from typing import Any, Final

import bpy

from .options import Content, ExportOptions, FrameRange, Preset, Rate, RootBone, Source

SKIP_SAVE: Final = {"SKIP_SAVE"}
"""Else an operator would start with what its last run had, and not with what the panel shows."""

OPTION_NAMES: Final = tuple(ExportOptions.__dataclass_fields__)


class ExportProperties:
    """The properties that the scene's settings and the operators share."""

    preset: bpy.props.EnumProperty(
        options=SKIP_SAVE,
        name="For",
        description="The program that the FBX is made for",
        items=[
            ("UNITY", "Unity", "In metres, without scale"),
            ("UNREAL", "Unreal", "In centimetres, with a root bone"),
            ("MAYA", "Maya", "In centimetres, without scale"),
            ("BLENDER", "Blender", "In metres, without scale"),
        ],
    )
    content: bpy.props.EnumProperty(
        options=SKIP_SAVE,
        name="Content",
        description="What goes with the motion",
        items=[
            ("MESH", "Mesh and Skeleton", "The skeleton with the meshes that it moves"),
            ("SKELETON", "Skeleton", "The skeleton alone"),
        ],
    )
    only_deform_bones: bpy.props.BoolProperty(
        options=SKIP_SAVE,
        name="Only Deform Bones",
        description="Leave out control bones; a skeleton without any deform bone is written whole",
        default=True,
    )
    root_bone: bpy.props.EnumProperty(
        options=SKIP_SAVE,
        name="Root Bone",
        description="A bone named root above all others",
        items=[
            ("PRESET", "By Program", "A still root bone for Unreal, else none"),
            ("NONE", "None", "Leave the bones as they are"),
            ("STILL", "Still", "A root bone at the armature's origin that does not move"),
            ("MOTION", "Root Motion", "A root bone that carries the movement over the ground"),
        ],
    )
    source: bpy.props.EnumProperty(
        options=SKIP_SAVE,
        name="Motion",
        description="Where the motion comes from",
        items=[
            ("ACTION", "Action", "The current action alone"),
            ("NLA", "NLA", "All that plays: the NLA's strips with the current action on top"),
            ("TAKES", "NLA Actions", "A take for each action in the NLA, whole (FBX and glTF)"),
        ],
    )
    frame_range: bpy.props.EnumProperty(
        options=SKIP_SAVE,
        name="Frames",
        description="Which frames to write",
        items=[
            ("ACTION", "Whole Motion", "From the first key to the last"),
            ("SCENE", "Scene", "The scene's frame range"),
            ("CUSTOM", "Custom", "The frames given here, both included"),
        ],
    )
    frame_start: bpy.props.IntProperty(
        options=SKIP_SAVE, name="First Frame", description="First frame of the scene to write", default=1
    )
    frame_end: bpy.props.IntProperty(
        options=SKIP_SAVE, name="Last Frame", description="Last frame of the scene to write", default=250
    )
    rate: bpy.props.EnumProperty(
        options=SKIP_SAVE,
        name="Frame Rate",
        description="Frames a second of the file; the motion keeps its duration",
        items=[
            ("SCENE", "Scene", "The scene's frame rate"),
            ("CUSTOM", "Custom", "The rate given here"),
        ],
    )
    rate_hz: bpy.props.FloatProperty(
        options=SKIP_SAVE, name="Rate", description="Frames a second of the file", default=30.0, min=0.1, soft_max=240.0
    )
    bvh_scale: bpy.props.FloatProperty(
        options=SKIP_SAVE,
        name="BVH Scale",
        description="Units of a BVH in a metre: 1 for metres, 100 for centimetres",
        default=1.0,
        min=1e-3,
        soft_max=1000.0,
    )


class JointwiseExportSettings(ExportProperties, bpy.types.PropertyGroup):
    """Export settings of the scene."""


def to_options(chosen: dict[str, Any]) -> ExportOptions:
    """Return the options of properties' values by name; those not named have their defaults."""
    kinds: dict[str, Any] = {
        "preset": Preset,
        "content": Content,
        "root_bone": RootBone,
        "source": Source,
        "frame_range": FrameRange,
        "rate": Rate,
    }
    values = {name: kinds[name](value) if name in kinds else value for name, value in chosen.items()}
    return ExportOptions(**values)
