"""Leaving edit, pose and other modes before work that needs object mode."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def in_object_mode(context: Any) -> Iterator[None]:
    """Be in object mode for a while, and afterwards in the mode of before.

    Raises:
        SceneError: Blender cannot leave the current mode.
    """
    active = context.view_layer.objects.active
    mode = active.mode if active is not None else "OBJECT"
    leave_edit_mode(context)
    try:
        yield
    finally:
        if mode != "OBJECT":
            with context.temp_override(active_object=active, object=active):
                bpy.ops.object.mode_set(mode=mode)
