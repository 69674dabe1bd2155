"""The cleanup's buttons: apply edited contacts, and go back."""

from typing import Any

import bpy

from ...core.errors import SceneError
from ..capture_tags import captured_armature
from ..operator_base import FINISHED, JointwiseOperator
from .live import apply_cleanup, paused, reset_contacts
from .properties import setting_names
from .settings import to_cleanup_settings


class JOINTWISE_OT_apply_contacts(JointwiseOperator, bpy.types.Operator):
    """Make the keys anew from the contact curves as you have edited them; any change of a setting does so too"""

    bl_idname = "jointwise.apply_contacts"
    bl_label = "Apply Contacts"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Apply."""
        armature = _chosen_armature(context)
        apply_cleanup(context.scene, armature, to_cleanup_settings(armature.jointwise_cleanup))
        return FINISHED


class JOINTWISE_OT_reset_contacts(JointwiseOperator, bpy.types.Operator):
    """Give the contact curves what was detected in the video again"""

    bl_idname = "jointwise.reset_contacts"
    bl_label = "Reset Contacts"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Reset."""
        armature = _chosen_armature(context)
        reset_contacts(context.scene, armature, to_cleanup_settings(armature.jointwise_cleanup))
        return FINISHED


class JOINTWISE_OT_reset_cleanup(JointwiseOperator, bpy.types.Operator):
    """Go back to the motion as it was estimated: all settings of the cleanup and the contacts; pins stay"""

    bl_idname = "jointwise.reset_cleanup"
    bl_label = "Reset Cleanup"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Reset all at once, and key once."""
        armature = _chosen_armature(context)
        group = armature.jointwise_cleanup
        with paused():
            for name in setting_names():
                group.property_unset(name)
        reset_contacts(context.scene, armature, to_cleanup_settings(group))
        return FINISHED


def _chosen_armature(context: Any) -> Any:
    armature = captured_armature(context)
    if armature is None:
        raise SceneError("No captured armature is selected.", "Click on the armature to clean up first.")
    return armature
