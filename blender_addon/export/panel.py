"""The Export sub-panel: a button a format, and the options. Draws only."""

from typing import Any, Final

import bpy

from ..panels import JointwisePanel
from .drawing import draw_options
from .subject import export_armature

SHARED_OPTIONS: Final = ("content", "only_deform_bones", "root_bone", "source", "frame_range", "rate")
OTHER_FORMATS: Final = (
    ("jointwise.export_bvh", "BVH"),
    ("jointwise.export_gltf", "glTF"),
    ("jointwise.export_usd", "USD"),
    ("jointwise.export_amass", "AMASS"),
)


class JOINTWISE_PT_export(JointwisePanel, bpy.types.Panel):
    """What to do with an armature's motion outside of Blender."""

    bl_label = "Export"
    bl_parent_id = "JOINTWISE_PT_result"

    def draw(self, context: Any) -> None:
        """Draw whom it is about, the buttons and the options."""
        layout, settings = self.layout, context.scene.jointwise.export
        armature = export_armature(context)
        if armature is None:
            layout.label(text="Click on an armature to export", icon="INFO")
        column = layout.column()
        column.enabled = armature is not None
        column.prop(settings, "preset")
        column.operator("jointwise.export_fbx", icon="EXPORT")
        row = column.row()
        for operator, label in OTHER_FORMATS:
            row.operator(operator, text=label)
        draw_options(layout.column(), settings, SHARED_OPTIONS)
