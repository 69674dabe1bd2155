"""The solved camera's buttons: place a capture through it, take that back, use its lens."""

from typing import Any

import bpy

from ...core.errors import OptionError, SceneError
from ..capture_tags import chosen_armature, is_captured_armature
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator
from .lens import focal_length_35mm, picture_size
from .path import has_path
from .placing import SolvedCamera, place_through_camera, remove_placing, scale_notes, solved_camera


class JOINTWISE_OT_place_through_camera(JointwiseOperator, bpy.types.Operator):
    """Place the selected captured motions in the world, frame by frame, through the solved camera"""

    bl_idname = "jointwise.place_through_camera"
    bl_label = "Place Through Camera"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Place."""
        MESSAGES.clear()
        settings = context.scene.jointwise.solved_camera
        solved = _chosen_camera(settings)
        scale = place_through_camera(context, _chosen_armatures(context), solved)
        settings.scale = scale
        MESSAGES.warnings = scale_notes(solved, scale)
        self.report({"INFO"}, f"The motion is placed through {settings.camera.name} at a scale of {scale:.4g}.")
        return FINISHED


class JOINTWISE_OT_remove_placing(JointwiseOperator, bpy.types.Operator):
    """Give the selected captured motions the place again that they had with a still camera"""

    bl_idname = "jointwise.remove_placing"
    bl_label = "Remove Placing"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Remove it."""
        MESSAGES.clear()
        placed = [armature for armature in _chosen_armatures(context) if has_path(armature)]
        if not placed:
            raise SceneError("The motion is not placed through a camera.")
        for armature in placed:
            remove_placing(context.scene, armature)
        return FINISHED


class JOINTWISE_OT_use_camera_lens(JointwiseOperator, bpy.types.Operator):
    """Set the focal length of the next estimate to that of the solved camera"""

    bl_idname = "jointwise.use_camera_lens"
    bl_label = "Use Its Lens"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context: Any) -> set[str]:
        """Set it."""
        MESSAGES.clear()
        settings = context.scene.jointwise
        camera = _chosen_camera(settings.solved_camera).camera
        if camera.data.type != "PERSP":
            raise OptionError(f"The camera {camera.name} has no focal length.", "Choose a perspective camera.")
        settings.focal_length_35mm = focal_length_35mm(camera, picture_size(context.scene, camera))
        settings.lens = "mm"
        self.report({"INFO"}, f"The next estimate takes {settings.focal_length_35mm:.1f} mm (35 mm equivalent).")
        return FINISHED


def _chosen_camera(settings: Any) -> SolvedCamera:
    solved = solved_camera(settings)
    if solved is None:
        raise OptionError("No solved camera is chosen.", "Choose the camera under Solved Camera first.")
    return solved


def _chosen_armatures(context: Any) -> list[Any]:
    """Return the active captured armature, which decides the scale, and the other selected ones."""
    first = chosen_armature(context, "Click on the armature first.")
    selected = [item for item in context.view_layer.objects.selected if is_captured_armature(item)]
    return [first, *(item for item in selected if item != first)]
