"""The cleanup's part of the sidebar, below the captured motion. Draws only."""

from typing import Any, Final

import bpy

from ...core.skeleton import JOINT_NAMES
from ..capture_tags import captured_armature
from ..panels import JointwisePanel, draw_wrapped
from ..pins.store import has_pins
from .contacts import CONTACT_PROPERTIES, contact_path
from .edits import kept_action_exists
from .properties import is_untouched
from .store import NO_CAPTURE, has_capture, kept_action_name, read_messages

JOINT_GROUPS: Final = {
    "Spine": ("pelvis", "spine1", "spine2", "spine3"),
    "Head": ("neck", "head"),
    "Left Arm": ("left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    "Right Arm": ("right_collar", "right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    "Left Leg": ("left_hip", "left_knee", "left_ankle", "left_foot"),
    "Right Leg": ("right_hip", "right_knee", "right_ankle", "right_foot"),
}
"""The 24 joints as the list of strengths shows them."""

UNTOUCHED: Final = "The motion is as it was estimated. Changes are live, and nothing here is lost."
CLEANED: Final = "The keys are made from the raw motion, with the changes above and the pins."
KEPT: Final = "Keys that you edited by hand were replaced; they are kept in the action {}."


class JOINTWISE_PT_cleanup(JointwisePanel, bpy.types.Panel):
    """The cleanup of the captured armature."""

    bl_label = "Cleanup"
    bl_parent_id = "JOINTWISE_PT_result"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only with a captured armature."""
        return captured_armature(context) is not None

    def draw(self, context: Any) -> None:
        """Draw the settings, the contacts, the state in a sentence and the way back."""
        layout, armature = self.layout, captured_armature(context)
        if not has_capture(armature):
            draw_wrapped(layout, context, bpy.app.translations.pgettext_iface(NO_CAPTURE), "INFO")
            return
        group = armature.jointwise_cleanup
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        for name in ("prior", "smoothing_s", "root_smoothing_s"):
            column.prop(group, name)
        _draw_feet(layout, armature)
        column = layout.column(align=True)
        for name in ("first_frame", "end_frame", "speed"):
            column.prop(group, name)
        column = layout.column()
        column.prop(group, "in_place")
        column.prop(group, "loop")
        if group.loop:
            column.prop(group, "loop_blend_s")
            column.prop(group, "loop_travel")
        column.prop(group, "key_unseen")
        # Below the sliders: a sentence that comes and goes must not move them while one is dragged.
        _draw_state(layout, context, armature)
        layout.operator("jointwise.reset_cleanup", icon="LOOP_BACK")


class JOINTWISE_PT_cleanup_joints(JointwisePanel, bpy.types.Panel):
    """How much of the prior each joint keeps."""

    bl_label = "Prior of Each Joint"
    bl_parent_id = "JOINTWISE_PT_cleanup"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where there is something to blend."""
        return has_capture(captured_armature(context))

    def draw(self, context: Any) -> None:
        """Draw the joints by limb."""
        group = captured_armature(context).jointwise_cleanup
        self.layout.use_property_split = True
        self.layout.use_property_decorate = False
        for title, joints in JOINT_GROUPS.items():
            column = self.layout.column(align=True)
            column.label(text=title)
            for joint in joints:
                name = joint.replace("_", " ").title()
                column.prop(group, "joint_prior", index=JOINT_NAMES.index(joint), text=name, slider=True)


def _draw_state(layout: Any, context: Any, armature: Any) -> None:
    translate = bpy.app.translations.pgettext_iface
    notes, problem = read_messages(armature)
    if problem:
        box = layout.box()
        box.alert = True
        draw_wrapped(box, context, problem, "ERROR")
    is_as_estimated = is_untouched(armature.jointwise_cleanup) and not has_pins(armature)
    sentence = UNTOUCHED if is_as_estimated else CLEANED
    draw_wrapped(layout, context, translate(sentence), "INFO")
    kept_action = kept_action_name(armature)
    if kept_action_exists(kept_action):
        notes = [*notes, translate(KEPT).format(kept_action)]
    for note in notes:
        draw_wrapped(layout.box(), context, note, "INFO")


def _draw_feet(layout: Any, armature: Any) -> None:
    column = layout.column()
    column.prop(armature.jointwise_cleanup, "contact_mode")
    heading = column.column(heading="Standing", align=True)
    for name, text in zip(CONTACT_PROPERTIES, ("Left Foot", "Right Foot"), strict=True):
        if name in armature:
            heading.prop(armature, contact_path(name), text=text)
    row = column.row(align=True)
    row.operator("jointwise.apply_contacts", icon="CHECKMARK")
    row.operator("jointwise.reset_contacts", icon="LOOP_BACK")
