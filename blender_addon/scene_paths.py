"""Paths as the user types them into Blender."""

from pathlib import Path

import bpy


def absolute_path(path: str) -> Path | None:
    """Return a path from a Blender property (which may be relative to the .blend), or None for an empty one."""
    return Path(bpy.path.abspath(path)).absolute() if path.strip() else None
