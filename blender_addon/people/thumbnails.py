"""The pictures of found people, as icons for the panel; they live as long as Blender, not in the file."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import bpy.utils.previews

_previews: list[Any] = []
"""The one collection of previews, or nothing yet."""


def keep_thumbnail(path: Path) -> str:
    """Load a picture wholly, so that its file may go, and return the key by which it is found; empty for no picture."""
    if not path.is_file():
        return ""
    if not _previews:
        _previews.append(bpy.utils.previews.new())
    # A saved file may be opened in a session that has pictures of its own.
    key = uuid4().hex
    preview = _previews[0].load(key, str(path), "IMAGE")
    # Blender reads the file only when it is asked for the pixels.
    _ = preview.image_size[:], preview.icon_size[:]
    return key


def thumbnail_icon(key: str) -> int:
    """Return the icon's number, or 0 for none: after the file was loaded again, say."""
    preview = _previews[0].get(key) if _previews else None
    return int(preview.icon_id) if preview is not None else 0


def forget_thumbnail(key: str) -> None:
    """Free one picture; harmless when there is none."""
    if _previews and key in _previews[0]:
        del _previews[0][key]


def forget_other_thumbnails(used_keys: set[str]) -> None:
    """Free all pictures but these."""
    for key in set(_previews[0] if _previews else ()) - used_keys:
        del _previews[0][key]


def free_thumbnails() -> None:
    """Free all pictures: the add-on is switched off."""
    while _previews:
        bpy.utils.previews.remove(_previews.pop())
