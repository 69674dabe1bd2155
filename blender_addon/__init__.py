"""The Blender side: panel, operators, armature, keys, camera, export. numpy and bpy only; the core runs elsewhere.

`assemble_motion(context, motion_path, video_path, smpl_file)` builds a motion file into the current scene, for scripts.
"""

import atexit
from typing import Final

import bpy

from .operators import (
    JOINTWISE_OT_cancel,
    JOINTWISE_OT_copy_log,
    JOINTWISE_OT_estimate,
    JOINTWISE_OT_export_fbx,
    JOINTWISE_OT_load_motion,
    JOINTWISE_OT_set_scene_rate,
)
from .panels import JOINTWISE_PT_estimate, JOINTWISE_PT_options, JOINTWISE_PT_result
from .preferences import JointwisePreferences
from .properties import JointwiseSettings, register_settings, unregister_settings
from .retarget.operators import (
    JOINTWISE_OT_load_bone_map,
    JOINTWISE_OT_recognise_rig,
    JOINTWISE_OT_retarget,
    JOINTWISE_OT_save_bone_map,
)
from .retarget.panel import JOINTWISE_PT_retarget, JOINTWISE_PT_retarget_mapping
from .retarget.properties import JointwiseJointBone, JointwiseRetargetSettings
from .running import finish_all
from .scene_assembly import assemble_motion

__all__ = ["assemble_motion", "register", "unregister"]

CLASSES: Final = (
    JointwisePreferences,
    JointwiseJointBone,
    JointwiseRetargetSettings,
    JointwiseSettings,
    JOINTWISE_OT_estimate,
    JOINTWISE_OT_cancel,
    JOINTWISE_OT_load_motion,
    JOINTWISE_OT_export_fbx,
    JOINTWISE_OT_set_scene_rate,
    JOINTWISE_OT_copy_log,
    JOINTWISE_OT_retarget,
    JOINTWISE_OT_recognise_rig,
    JOINTWISE_OT_save_bone_map,
    JOINTWISE_OT_load_bone_map,
    JOINTWISE_PT_estimate,
    JOINTWISE_PT_options,
    JOINTWISE_PT_result,
    JOINTWISE_PT_retarget,
    JOINTWISE_PT_retarget_mapping,
)


def register() -> None:
    """Register all classes and the scene's settings."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    register_settings()
    # As a Python module (without an executable) Blender crashes in 4.2, and hangs in 4.5, when Python ends while
    # classes of any add-on are registered; Blender proper frees them itself.
    if not bpy.app.binary_path:
        atexit.register(unregister)


def unregister() -> None:
    """End what runs and take everything away again."""
    atexit.unregister(unregister)
    finish_all()
    unregister_settings()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
