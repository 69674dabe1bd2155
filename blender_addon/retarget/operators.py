"""The retarget's operators: read settings, call a module, report."""

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import OptionError, SceneError
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator
from ..scene_paths import absolute_path
from ..wording import reported
from .bone_map import BoneMap, load_bone_map, save_bone_map
from .joints import JOINTS
from .motion import check_retarget, recognise_rig, retarget_motion
from .properties import bone_map_of, fill_mapping, retarget_options
from .recognition import Recognition
from .rig import read_rig
from .source_motion import meant_sources


class JOINTWISE_OT_retarget(JointwiseOperator, bpy.types.Operator):
    """Key the selected captured motions on your rig, one new action each"""

    bl_idname = "jointwise.retarget"
    bl_label = "Retarget"
    bl_options = {"REGISTER", "UNDO"}

    target: bpy.props.StringProperty(
        name="Target Rig",
        description="Name of the armature object; empty: the one in the panel",
        options={"SKIP_SAVE"},
    )
    mapping_path: bpy.props.StringProperty(
        name="Mapping",
        description="A saved mapping; empty: the panel's, or what is recognised",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    def run(self, context: Any) -> set[str]:
        """Retarget every selected capture."""
        MESSAGES.clear()
        settings = context.scene.jointwise.retarget
        target = self._target(context)
        bone_map = self._bone_map(settings, target)
        sources = meant_sources(context, target)
        if not sources:
            raise SceneError("No captured armature is selected.", "Select the armatures with the motions first.")
        # All are looked at first, so that a bad one does not leave half of them done.
        for source in sources:
            check_retarget(context, source, target, bone_map)
        warnings: list[str] = []
        for source in sources:
            report = retarget_motion(context, source, target, bone_map, retarget_options(settings))
            warnings += [warning for warning in report.warnings if warning not in warnings]
        MESSAGES.warnings = warnings
        for warning in warnings:
            self.report({"WARNING"}, warning)
        names = ", ".join(source.name for source in sources)
        counts = (len(bone_map.bones), len(JOINTS))
        self.report(
            {"INFO"}, reported("{} onto {}: {} of {} joints, {}.", names, target.name, *counts, report.rest_pose)
        )
        return FINISHED

    def _target(self, context: Any) -> Any:
        if not self.target:
            target = context.scene.jointwise.retarget.target
            if target is None:
                raise SceneError("No target rig is chosen.", "Choose your character's armature first.")
            return target
        target = context.scene.objects.get(self.target)
        if target is None:
            raise SceneError(f"The scene has no object {self.target}.", "Name the armature of your character.")
        return target

    def _bone_map(self, settings: Any, target: Any) -> BoneMap:
        if self.mapping_path:
            return load_bone_map(Path(bpy.path.abspath(self.mapping_path)))
        if target == settings.target and settings.bones:
            return bone_map_of(settings)
        if target.type != "ARMATURE":
            raise SceneError(f"{target.name} is not an armature.", "Choose your character's rig.")
        return recognise_rig(target).bone_map


class JOINTWISE_OT_recognise_rig(JointwiseOperator, bpy.types.Operator):
    """Find the target rig's bones anew; changes to the mapping are lost"""

    bl_idname = "jointwise.recognise_rig"
    bl_label = "Recognise Again"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Recognise the panel's target."""
        MESSAGES.clear()
        settings = _settings_with_target(context)
        fill_mapping(settings, recognise_rig(settings.target))
        return FINISHED


class JOINTWISE_OT_save_bone_map(JointwiseOperator, bpy.types.Operator):
    """Save the mapping as a file, for other rigs of this kind"""

    bl_idname = "jointwise.save_bone_map"
    bl_label = "Save Mapping"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file, named after the rig."""
        target = context.scene.jointwise.retarget.target
        if target is not None and not self.filepath:
            self.filepath = bpy.path.clean_name(target.name) + ".json"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context: Any) -> set[str]:
        """Write the panel's mapping."""
        MESSAGES.clear()
        bone_map = bone_map_of(_settings_with_target(context))
        if not bone_map.bones:
            raise OptionError("No joint is mapped, so there is nothing to save.", "Choose some bones first.")
        path = _json_path(self.filepath)
        save_bone_map(bone_map, path)
        self.report({"INFO"}, reported("Wrote {}.", path))
        return FINISHED


class JOINTWISE_OT_load_bone_map(JointwiseOperator, bpy.types.Operator):
    """Take the mapping from a saved file"""

    bl_idname = "jointwise.load_bone_map"
    bl_label = "Load Mapping"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context: Any) -> set[str]:
        """Read it into the panel; bones that the rig lacks are named."""
        MESSAGES.clear()
        settings = _settings_with_target(context)
        path = absolute_path(self.filepath)
        if path is None:
            raise OptionError("No mapping file is chosen.")
        bone_map = load_bone_map(path)
        names = set(read_rig(settings.target).names)
        found = {joint: bone for joint, bone in bone_map.bones.items() if bone in names}
        lost = sorted(set(bone_map.bones.values()) - set(found.values()))
        doubts = [f"{settings.target.name} lacks these bones of the mapping: {', '.join(lost)}."] if lost else []
        share = len(found) / max(len(bone_map.bones), 1)
        fill_mapping(settings, Recognition(bone_map.with_bones(found), share, doubts))
        return FINISHED


def _settings_with_target(context: Any) -> Any:
    settings = context.scene.jointwise.retarget
    if settings.target is None:
        raise SceneError("No target rig is chosen.", "Choose your character's armature first.")
    return settings


def _json_path(text: str) -> Path:
    path = absolute_path(text)
    if path is None:
        raise OptionError("No file name is given for the mapping.")
    return path if path.suffix.lower() == ".json" else path.with_name(f"{path.name}.json")
