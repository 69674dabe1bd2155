"""Which scene a run was started in, so that its result finds it under a new name too."""

from dataclasses import dataclass
from typing import Any

import bpy


@dataclass(frozen=True)
class SceneMark:
    """A scene as this session of Blender tells it from others; the name where the file was loaded anew meanwhile."""

    session_uid: int
    name: str


def mark_scene(scene: Any) -> SceneMark:
    """Return what `find_scene` finds the scene by, also after it was renamed or something was undone."""
    return SceneMark(scene.session_uid, scene.name)


def find_scene(mark: SceneMark) -> Any:
    """Return the scene, or None where it is gone."""
    by_uid = (scene for scene in bpy.data.scenes if scene.session_uid == mark.session_uid)
    return next(by_uid, None) or bpy.data.scenes.get(mark.name)
