"""Writes one captured armature and its body as FBX, with settings that lose nothing and add nothing.

Source of the settings: measured in Blender 4.2 to 5.2 by re-importing; see each comment.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import addon_utils
import bpy

from ..core.errors import OutputError, SceneError
from .capture_tags import read_tag
from .compat import assign_action, slot_identifier
from .keyframes import key_range, shift_keys
from .object_mode import leave_edit_mode
from .scene_rate import scene_rate_hz

EXPORTER: Final = "io_scene_fbx"

SETTINGS: Final[dict[str, Any]] = {
    "use_selection": True,
    "object_types": {"ARMATURE", "MESH"},
    # The default adds an end bone to every chain: 29 bones instead of 24.
    "add_leaf_bones": False,
    "bake_anim": True,
    # The default drops keys, which costs up to 5 mm.
    "bake_anim_simplify_factor": 0.0,
    "bake_anim_use_all_actions": False,
    "bake_anim_use_nla_strips": False,
    # The default writes an armature of scale 100.
    "apply_scale_options": "FBX_SCALE_ALL",
}


def export_fbx(context: Any, armature: Any, path: Path) -> None:
    """Write the armature, its meshes and its current action; leaves scene, selection and action as they were.

    The take starts at time zero with the first key. The file has the scene's frame rate; the samples lie on the
    capture's own frames, so nothing is lost where the two rates differ.

    Raises:
        SceneError: the armature has no keys, or is not in the current view layer.
        OutputError: the file cannot be written.
    """
    if context.view_layer.objects.get(armature.name) is None:
        raise SceneError(f"The armature {armature.name} is not in the current view layer.", "Enable its collection.")
    span = key_range(armature)
    if span is None:
        raise SceneError(f"The armature {armature.name} has no keys to export.")
    leave_edit_mode(context)
    if not path.parent.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist.", "Make it first, or choose another one.")
    partial = path.with_name(f".{path.name}.partial.fbx")
    try:
        with _only_selected(context, armature), _action_from_zero(armature, span), _frame_range(context.scene, span):
            _write(partial, bake_step(armature, context.scene))
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        raise OutputError(f"{path} cannot be written ({_first_line(error)}).", "Choose another folder.") from error
    finally:
        partial.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).strip().splitlines()[-1] if str(text).strip() else type(error).__name__


def bake_step(armature: Any, scene: Any) -> float:
    """Return the scene frames between two samples: the distance of the capture's frames, 1 at equal rates."""
    tag = read_tag(armature)
    if tag is None:
        return 1.0
    step = scene_rate_hz(scene) / tag.frame_rate_hz
    # A hair less than the distance: adding it up must not step over the last frame.
    return 1.0 if abs(step - 1.0) < 1e-4 else step * (1.0 - 1e-9)


def _write(path: Path, step: float) -> None:
    was_enabled = addon_utils.check(EXPORTER)[1]
    if not was_enabled:
        addon_utils.enable(EXPORTER, default_set=False)
    try:
        bpy.ops.export_scene.fbx(filepath=str(path), bake_anim_step=step, **SETTINGS)
    finally:
        if not was_enabled:
            addon_utils.disable(EXPORTER, default_set=False)


@contextmanager
def _only_selected(context: Any, armature: Any) -> Iterator[None]:
    """Make the armature and the meshes that it deforms all that the exporter sees; the user's selection stays."""
    wanted = [armature, *_deformed_meshes(context.view_layer, armature)]
    former_hiding = [(item, item.hide_get(), item.hide_viewport) for item in wanted]
    for item in wanted:
        # Blender does not evaluate hidden objects, so their poses would not reach the file.
        item.hide_set(False)
        item.hide_viewport = False
    try:
        with context.temp_override(selected_objects=wanted, active_object=armature, object=armature):
            yield
    finally:
        for item, was_hidden, was_disabled in former_hiding:
            item.hide_set(was_hidden)
            item.hide_viewport = was_disabled


def _deformed_meshes(layer: Any, armature: Any) -> list[Any]:
    def is_deformed(item: Any) -> bool:
        return any(modifier.type == "ARMATURE" and modifier.object == armature for modifier in item.modifiers)

    return [item for item in layer.objects if item.type == "MESH" and item.parent == armature and is_deformed(item)]


@contextmanager
def _action_from_zero(armature: Any, span: tuple[float, float]) -> Iterator[None]:
    """Give the armature a copy of its action that starts at frame 0, and afterwards the action itself again."""
    action, slot = armature.animation_data.action, slot_identifier(armature)
    copy = action.copy()
    assign_action(armature, copy, slot)
    shift_keys(armature, -span[0])
    try:
        yield
    finally:
        assign_action(armature, action, slot)
        bpy.data.actions.remove(copy)


@contextmanager
def _frame_range(scene: Any, span: tuple[float, float]) -> Iterator[None]:
    """Set the scene to the frames of a take that starts at 0, and afterwards to what it was."""
    former = scene.frame_start, scene.frame_end, scene.frame_current, scene.frame_subframe
    scene.frame_start, scene.frame_end = 0, max(1, math.ceil(span[1] - span[0] - 1e-3))
    try:
        yield
    finally:
        scene.frame_start, scene.frame_end = former[:2]
        scene.frame_set(former[2], subframe=former[3])
