"""The cleanup's buttons: apply edited contacts, and go back."""

from typing import Any, Final

import bpy

from ..capture_tags import chosen_armature
from ..operator_base import FINISHED, JointwiseOperator
from .live import clean_anew, paused, reset_contacts
from .properties import setting_names
from .settings import to_cleanup_settings

CHOOSE: Final = "Click on the armature to clean up first."


class JOINTWISE_OT_apply_contacts(JointwiseOperator, bpy.types.Operator):
    """Make the keys anew from the contact curves as you have edited them; any change of a setting does so too"""

    bl_idname = "jointwise.apply_contacts"
    bl_label = "Apply Contacts"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Apply."""
        armature = chosen_armature(context, CHOOSE)
        clean_anew(context.scene, armature)
        return FINISHED


class JOINTWISE_OT_reset_contacts(JointwiseOperator, bpy.types.Operator):
    """Give the contact curves what was detected in the video again"""

    bl_idname = "jointwise.reset_contacts"
    bl_label = "Reset Contacts"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Reset."""
        armature = chosen_armature(context, CHOOSE)
        reset_contacts(context.scene, armature, to_cleanup_settings(armature.jointwise_cleanup))
        return FINISHED


class JOINTWISE_OT_reset_cleanup(JointwiseOperator, bpy.types.Operator):
    """Go back to the motion as it was estimated: all settings of the cleanup and the contacts; pins stay"""

    bl_idname = "jointwise.reset_cleanup"
    bl_label = "Reset Cleanup"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Reset all at once, and key once."""
        armature = chosen_armature(context, CHOOSE)
        group = armature.jointwise_cleanup
        with paused():
            for name in setting_names():
                group.property_unset(name)
        reset_contacts(context.scene, armature, to_cleanup_settings(group))
        return FINISHED
