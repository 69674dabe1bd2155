"""The pins' buttons."""

import math
from typing import Any, Final

import bpy

from ...core.errors import SceneError
from ...core.skeleton import JOINT_NAMES
from ..capture_tags import chosen_armature
from ..cleanup.live import clean_anew
from ..cleanup.settings import to_cleanup_settings
from ..cleanup.store import first_keyed_row
from ..compat import is_bone_selected
from ..operator_base import FINISHED, JointwiseOperator
from .listing import pin_frame
from .pinning import pin_pose

CHOOSE: Final = "Click on the armature to pin first."


class JOINTWISE_OT_pin_pose(JointwiseOperator, bpy.types.Operator):
    """Keep this frame's pose, and let the motion around follow: all bones that you have posed, and those selected"""

    bl_idname = "jointwise.pin_pose"
    bl_label = "Pin Pose"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Pin."""
        armature = chosen_armature(context, CHOOSE)
        selected = [
            joint
            for joint, name in enumerate(JOINT_NAMES)
            if armature.mode == "POSE" and is_bone_selected(armature.pose.bones[name])
        ]
        settings = to_cleanup_settings(armature.jointwise_cleanup)
        self.report({"INFO"}, pin_pose(context.scene, armature, settings, selected))
        return FINISHED


class JOINTWISE_OT_resolve_pins(JointwiseOperator, bpy.types.Operator):
    """Make the keys anew around all pins; pinning, muting, removing and the settings do so by themselves"""

    bl_idname = "jointwise.resolve_pins"
    bl_label = "Re-solve"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Solve."""
        clean_anew(context.scene, chosen_armature(context, CHOOSE))
        return FINISHED


class JOINTWISE_OT_jump_to_pin(JointwiseOperator, bpy.types.Operator):
    """Go to the frame of this pin"""

    bl_idname = "jointwise.jump_to_pin"
    bl_label = "Jump to Pin"
    bl_options = {"REGISTER", "UNDO"}

    index: bpy.props.IntProperty(name="Pin", description="Number of the pin in the list", options={"SKIP_SAVE"})

    def run(self, context: Any) -> set[str]:
        """Go there."""
        armature = chosen_armature(context, CHOOSE)
        pin = _pin_at(armature, self.index)
        frame = pin_frame(armature, first_keyed_row(armature), pin.row)
        if frame is None:
            raise SceneError("This pin's frame is not keyed now.", "Trim or Loop leaves it out: change them first.")
        whole = math.floor(frame)
        context.scene.frame_set(whole, subframe=frame - whole)
        armature.jointwise_pins.active = self.index
        return FINISHED


class JOINTWISE_OT_remove_pin(JointwiseOperator, bpy.types.Operator):
    """Remove this pin; the motion goes back to what it was without it"""

    bl_idname = "jointwise.remove_pin"
    bl_label = "Remove Pin"
    bl_options = {"REGISTER", "UNDO"}

    index: bpy.props.IntProperty(name="Pin", description="Number of the pin in the list", options={"SKIP_SAVE"})

    def run(self, context: Any) -> set[str]:
        """Remove it."""
        armature = chosen_armature(context, CHOOSE)
        _pin_at(armature, self.index)
        armature.jointwise_pins.pins.remove(self.index)
        armature.jointwise_pins.active = max(min(self.index, len(armature.jointwise_pins.pins) - 1), 0)
        clean_anew(context.scene, armature)
        return FINISHED


class JOINTWISE_OT_remove_all_pins(JointwiseOperator, bpy.types.Operator):
    """Remove all pins of this armature; the motion is what it was without them"""

    bl_idname = "jointwise.remove_all_pins"
    bl_label = "Remove All Pins"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Remove them."""
        armature = chosen_armature(context, CHOOSE)
        armature.jointwise_pins.pins.clear()
        armature.jointwise_pins.active = 0
        clean_anew(context.scene, armature)
        return FINISHED


def _pin_at(armature: Any, index: int) -> Any:
    pins = armature.jointwise_pins.pins
    if not 0 <= index < len(pins):
        raise SceneError(f"There is no pin {index}; {armature.name} has {len(pins)}, counted from 0.")
    return pins[index]
