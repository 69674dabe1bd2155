"""The retarget's panels. Draw only."""

from typing import Any

import bpy

from ..panels import JointwisePanel, draw_wrapped
from .bone_map import map_title
from .joints import JOINTS
from .source_motion import meant_sources


class JOINTWISE_PT_retarget(JointwisePanel, bpy.types.Panel):
    """From a captured armature to the user's own rig."""

    bl_label = "Retarget"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the picker, what was recognised, the options and the button."""
        layout, settings = self.layout, context.scene.jointwise.retarget
        layout.prop(settings, "target", text="")
        if settings.target is None:
            draw_wrapped(layout, context, "Choose your character's armature.", "INFO")
            return
        _draw_recognition(layout, context, settings)
        column = layout.column()
        column.prop(settings, "pin_feet")
        column.prop(settings, "flat_soles")
        column.prop(settings, "scale_root")
        column.prop(settings, "in_place")
        _draw_sources(layout, context, settings.target)
        row = layout.row()
        row.scale_y = 1.5
        row.operator("jointwise.retarget", icon="ARMATURE_DATA")


class JOINTWISE_PT_retarget_mapping(JointwisePanel, bpy.types.Panel):
    """Which bone stands for which joint."""

    bl_label = "Mapping"
    bl_parent_id = "JOINTWISE_PT_retarget"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only with a rig."""
        return context.scene.jointwise.retarget.target is not None

    def draw(self, context: Any) -> None:
        """Draw a search field for each joint, and the files."""
        layout, settings = self.layout, context.scene.jointwise.retarget
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column(align=True)
        for entry in settings.bones:
            column.prop_search(entry, "bone", settings.target.data, "bones", text=joint_title(entry.joint))
        layout.operator("jointwise.recognise_rig", icon="FILE_REFRESH")
        layout.operator("jointwise.load_bone_map", icon="IMPORT")
        layout.operator("jointwise.save_bone_map", icon="EXPORT")


def joint_title(joint: str) -> str:
    """Return a joint's name as the panel shows it, such as `Left Hip`."""
    return joint.replace("_", " ").title()


def _draw_sources(layout: Any, context: Any, target: Any) -> None:
    """Draw whose motion the button takes."""
    names = ", ".join(source.name for source in meant_sources(context, target))
    translate = bpy.app.translations.pgettext_iface
    text = translate("Motion: {}").format(names) if names else translate("Select the armature with the motion.")
    draw_wrapped(layout, context, text, "ANIM_DATA" if names else "INFO")


def _draw_recognition(layout: Any, context: Any, settings: Any) -> None:
    names = settings.target.data.bones
    mapped = {entry.joint for entry in settings.bones if entry.bone in names}
    translate = bpy.app.translations.pgettext_iface
    title = translate("{}  ·  {:.0%}").format(map_title(settings.recognised), settings.score)
    draw_wrapped(layout, context, title, "ARMATURE_DATA")
    coverage = translate("{} of {} joints have a bone").format(len(mapped), len(JOINTS))
    draw_wrapped(layout, context, coverage, "CHECKMARK" if len(mapped) == len(JOINTS) else "INFO")
    unmapped = [joint_title(joint) for joint in JOINTS if joint not in mapped]
    if unmapped:
        text = translate("Without a bone: {}").format(", ".join(unmapped))
        draw_wrapped(layout.box(), context, text, "BLANK1")
    for doubt in filter(None, settings.doubts.split("\n")):
        draw_wrapped(layout.box(), context, doubt, "ERROR")
