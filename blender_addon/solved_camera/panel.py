"""The solved camera's panel. Draws only."""

from typing import Any

import bpy

from ..capture_tags import captured_armature
from ..panels import JointwisePanel, draw_wrapped
from ..running import current_session
from .path import has_path


class JOINTWISE_PT_solved_camera(JointwisePanel, bpy.types.Panel):
    """A moving camera that the user solved."""

    bl_label = "Solved Camera"
    bl_parent_id = "JOINTWISE_PT_estimate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the camera, its scale, and the buttons."""
        layout, settings = self.layout, context.scene.jointwise.solved_camera
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = current_session() is None
        layout.prop(settings, "camera", text="")
        if settings.camera is None:
            translate = bpy.app.translations.pgettext_iface
            sentence = translate("Choose a camera that moves as the video's did, to place motions in the world.")
            draw_wrapped(layout, context, sentence, "INFO")
        else:
            _draw_scale(layout, settings)
            layout.operator("jointwise.use_camera_lens", icon="CAMERA_DATA")
        armature = captured_armature(context)
        if settings.camera is not None and armature is not None:
            layout.operator("jointwise.place_through_camera", icon="OUTLINER_OB_CAMERA")
        if has_path(armature):
            layout.operator("jointwise.remove_placing", icon="LOOP_BACK")


def _draw_scale(layout: Any, settings: Any) -> None:
    column = layout.column()
    column.prop(settings, "fits_scale")
    row = column.row()
    row.enabled = not settings.fits_scale
    row.prop(settings, "scale")
    column.prop(settings, "has_floor")
    row = column.row()
    row.enabled = settings.has_floor
    row.prop(settings, "floor_height")
