"""Leaving edit, pose and other modes before work that needs object mode."""

from typing import Any

import bpy

from ..core.errors import SceneError


def leave_edit_mode(context: Any) -> None:
    """Switch to object mode.

    Raises:
        SceneError: Blender cannot leave the current mode.
    """
    active = context.view_layer.objects.active
    if active is None or active.mode == "OBJECT":
        return
    try:
        with context.temp_override(active_object=active, object=active):
            bpy.ops.object.mode_set(mode="OBJECT")
    except RuntimeError as error:
        raise SceneError("Blender cannot leave the current mode.", "Switch to Object Mode and try again.") from error
