"""Whom an export is about."""

from typing import Any

from ..capture_tags import captured_armature


def export_armature(context: Any) -> Any:
    """Return the armature that the user means, or None.

    The active one, or that of the active mesh, whatever made it; else the only captured one.
    """
    active = context.view_layer.objects.active
    if active is not None:
        deformers = [item.object for item in active.modifiers if item.type == "ARMATURE"]
        for candidate in (active, active.parent, *deformers):
            if candidate is not None and candidate.type == "ARMATURE":
                return candidate
    return captured_armature(context)
