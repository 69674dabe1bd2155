"""The export operators, one a format: read the options, write the file, report."""

from pathlib import Path
from typing import Any, ClassVar

import bpy

from ...core.errors import OptionError, SceneError
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator
from ..scene_paths import absolute_path
from ..wording import reported
from .amass import export_amass
from .bvh import export_bvh
from .drawing import draw_options
from .fbx import export_fbx
from .gltf import export_gltf
from .options import ExportOptions
from .properties import OPTION_NAMES, ExportProperties, to_options
from .subject import export_armature
from .usd import export_usd


class ExportOperator(ExportProperties, JointwiseOperator):
    """What the export operators share. Options that a call does not name are those of the panel."""

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    label: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    shown: ClassVar[tuple[str, ...]]

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file, named after the armature, with the panel's options beside."""
        for name, value in self._chosen(context).items():
            setattr(self, name, value)
        armature = export_armature(context)
        if armature is not None and not self.filepath:
            self.filepath = bpy.path.clean_name(armature.name) + self.suffixes[0]
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context: Any) -> None:
        """Draw the options that mean something for the format, in the file browser."""
        draw_options(self.layout, self, self.shown)  # type: ignore[attr-defined]

    def run(self, context: Any) -> set[str]:
        """Export."""
        MESSAGES.clear()
        armature = export_armature(context)
        if armature is None:
            raise SceneError("No armature is selected.", "Click on the armature to export first.")
        path = absolute_path(self.filepath)
        if path is None:
            raise OptionError(f"No file name is given for the {self.label}.")
        if path.suffix.lower() not in self.suffixes:
            path = path.with_name(f"{path.name}{self.suffixes[0]}")
        self.write(context, armature, path, to_options(self._chosen(context)))
        self.report({"INFO"}, reported("Wrote {}.", path))  # type: ignore[attr-defined]
        return FINISHED

    def write(self, context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
        """Write the file of one armature; what each format does."""
        raise NotImplementedError

    def _chosen(self, context: Any) -> dict[str, Any]:
        panel = context.scene.jointwise.export
        is_set = self.properties.is_property_set  # type: ignore[attr-defined]
        return {name: getattr(self if is_set(name) else panel, name) for name in OPTION_NAMES}


COMMON_OPTIONS = ("source", "frame_range", "rate")
SKELETON_OPTIONS = ("only_deform_bones", "root_bone", *COMMON_OPTIONS)


class JOINTWISE_OT_export_fbx(ExportOperator, bpy.types.Operator):
    """Write the armature, its meshes and its motion as FBX"""

    bl_idname = "jointwise.export_fbx"
    bl_label = "Export FBX"
    bl_options = {"REGISTER"}

    filter_glob: bpy.props.StringProperty(default="*.fbx", options={"HIDDEN"})
    label, suffixes, shown = "FBX", (".fbx",), ("preset", "content", *SKELETON_OPTIONS)

    def write(self, context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
        """Write the file."""
        export_fbx(context, armature, path, options)


class JOINTWISE_OT_export_bvh(ExportOperator, bpy.types.Operator):
    """Write the armature's motion as BVH, without meshes"""

    bl_idname = "jointwise.export_bvh"
    bl_label = "Export BVH"
    bl_options = {"REGISTER"}

    filter_glob: bpy.props.StringProperty(default="*.bvh", options={"HIDDEN"})
    label, suffixes, shown = "BVH", (".bvh",), ("bvh_scale", *SKELETON_OPTIONS)

    def write(self, context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
        """Write the file."""
        export_bvh(context, armature, path, options)


class JOINTWISE_OT_export_gltf(ExportOperator, bpy.types.Operator):
    """Write the armature, its meshes and its motion as glTF (.glb, or .gltf with its data beside)"""

    bl_idname = "jointwise.export_gltf"
    bl_label = "Export glTF"
    bl_options = {"REGISTER"}

    filter_glob: bpy.props.StringProperty(default="*.glb;*.gltf", options={"HIDDEN"})
    label, suffixes, shown = "glTF", (".glb", ".gltf"), ("content", *SKELETON_OPTIONS)

    def write(self, context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
        """Write the file."""
        export_gltf(context, armature, path, options)


class JOINTWISE_OT_export_usd(ExportOperator, bpy.types.Operator):
    """Write the armature, its meshes and its motion as USD"""

    bl_idname = "jointwise.export_usd"
    bl_label = "Export USD"
    bl_options = {"REGISTER"}

    filter_glob: bpy.props.StringProperty(default="*.usd;*.usdc;*.usda;*.usdz", options={"HIDDEN"})
    label, suffixes, shown = "USD", (".usdc", ".usd", ".usda", ".usdz"), ("content", *SKELETON_OPTIONS)

    def write(self, context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
        """Write the file."""
        export_usd(context, armature, path, options)


class JOINTWISE_OT_export_amass(ExportOperator, bpy.types.Operator):
    """Write the motion of a captured armature as an AMASS npz: SMPL's rotations, z up"""

    bl_idname = "jointwise.export_amass"
    bl_label = "Export AMASS"
    bl_options = {"REGISTER"}

    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})
    label, suffixes, shown = "AMASS", (".npz",), COMMON_OPTIONS

    def write(self, context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
        """Write the file."""
        export_amass(context, armature, path, options)


CLASSES = (
    JOINTWISE_OT_export_fbx,
    JOINTWISE_OT_export_bvh,
    JOINTWISE_OT_export_gltf,
    JOINTWISE_OT_export_usd,
    JOINTWISE_OT_export_amass,
)
