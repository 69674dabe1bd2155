"""The pins' part of the sidebar, below the cleanup. Draws only."""

from typing import Any, Final

import bpy

from ..capture_tags import captured_armature
from ..cleanup.store import first_keyed_row, has_capture
from ..panels import JointwisePanel, draw_wrapped
from .listing import bone_names, pin_frame

NO_PINS: Final = "Pose some bones on a frame and pin them: the motion around follows."
NOT_KEYED: Final = "Not keyed now"


class JOINTWISE_UL_pins(bpy.types.UIList):
    """The list of pins, in the order of time."""

    def draw_item(
        self, _context: Any, layout: Any, data: Any, item: Any, _icon: int, _active: Any, _name: str, index: int
    ) -> None:
        """Draw one pin: its frame, its bones, and its buttons."""
        draw_pin(layout, data.id_data, item, index)


class JOINTWISE_PT_pins(JointwisePanel, bpy.types.Panel):
    """Poses that the motion is to pass through."""

    bl_label = "Pins"
    bl_parent_id = "JOINTWISE_PT_cleanup"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where there is a motion to bend."""
        return has_capture(captured_armature(context))

    def draw(self, context: Any) -> None:
        """Draw the button, the list and the settings."""
        layout, group = self.layout, captured_armature(context).jointwise_pins
        row = layout.row()
        row.scale_y = 1.3
        row.operator("jointwise.pin_pose", icon="PINNED")
        if not len(group.pins):
            draw_wrapped(layout, context, bpy.app.translations.pgettext_iface(NO_PINS), "INFO")
            return
        layout.template_list("JOINTWISE_UL_pins", "", group, "pins", group, "active", rows=3)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(group, "reach_s")
        column.prop(group, "keep_feet")
        row = layout.row(align=True)
        row.operator("jointwise.resolve_pins", icon="FILE_REFRESH")
        row.operator("jointwise.remove_all_pins", icon="TRASH")


def draw_pin(layout: Any, armature: Any, pin: Any, index: int) -> None:
    """Draw the line of one pin."""
    frame = pin_frame(armature, first_keyed_row(armature), pin.row)
    place = bpy.app.translations.pgettext_iface(NOT_KEYED) if frame is None else f"{frame:g}"
    row = layout.row(align=True)
    row.active = not pin.muted
    text = f"{place}: {bone_names([bone.joint for bone in pin.bones], pin.has_place)}"
    row.label(text=text, icon="PINNED", translate=False)
    row.operator("jointwise.jump_to_pin", text="", icon="TIME", emboss=False).index = index
    row.prop(pin, "muted", text="", icon="HIDE_ON" if pin.muted else "HIDE_OFF", emboss=False)
    row.operator("jointwise.remove_pin", text="", icon="X", emboss=False).index = index
