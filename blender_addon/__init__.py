"""The Blender side: panel, operators, armature, keys, camera, export. numpy and bpy only; the core runs elsewhere.

`assemble_motion(context, motion_path, video_path, smpl_file)` builds a motion file into the current scene, for scripts.
"""

import atexit
from typing import Final

import bpy

from .cleanup.operators import JOINTWISE_OT_apply_contacts, JOINTWISE_OT_reset_cleanup, JOINTWISE_OT_reset_contacts
from .cleanup.panel import JOINTWISE_PT_cleanup, JOINTWISE_PT_cleanup_joints
from .cleanup.properties import JointwiseCleanup, register_cleanup, unregister_cleanup
from .clip_queue.operators import JOINTWISE_OT_clear_queue, JOINTWISE_OT_estimate_queue, JOINTWISE_OT_queue_clips
from .clip_queue.panel import JOINTWISE_PT_queue
from .clip_queue.properties import JointwiseQueuedClip
from .environment.current import finish as finish_environment
from .environment.operators import CLASSES as ENVIRONMENT_OPERATORS
from .export.operators import CLASSES as EXPORT_OPERATORS
from .export.panel import JOINTWISE_PT_export
from .export.properties import JointwiseExportSettings
from .help.manual_map import register_manual, unregister_manual
from .help.operators import JOINTWISE_OT_open_help
from .motion_import.operators import JOINTWISE_OT_import_motion
from .operators import (
    JOINTWISE_OT_cancel,
    JOINTWISE_OT_copy_log,
    JOINTWISE_OT_estimate,
    JOINTWISE_OT_load_motion,
    JOINTWISE_OT_set_scene_rate,
)
from .panels import JOINTWISE_PT_estimate, JOINTWISE_PT_options, JOINTWISE_PT_result
from .people.operators import JOINTWISE_OT_find_people, JOINTWISE_OT_join_people, JOINTWISE_OT_split_person
from .people.properties import JointwisePerson
from .people.thumbnails import free_thumbnails
from .pins.operators import (
    JOINTWISE_OT_jump_to_pin,
    JOINTWISE_OT_pin_pose,
    JOINTWISE_OT_remove_all_pins,
    JOINTWISE_OT_remove_pin,
    JOINTWISE_OT_resolve_pins,
)
from .pins.panel import JOINTWISE_PT_pins, JOINTWISE_UL_pins
from .pins.properties import JointwisePin, JointwisePinnedBone, JointwisePins, register_pins, unregister_pins
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
from .solved_camera.operators import (
    JOINTWISE_OT_place_through_camera,
    JOINTWISE_OT_remove_placing,
    JOINTWISE_OT_use_camera_lens,
)
from .solved_camera.panel import JOINTWISE_PT_solved_camera
from .solved_camera.properties import JointwiseSolvedCamera
from .status.operators import JOINTWISE_OT_copy_report
from .warm_worker import end_warm

__all__ = ["assemble_motion", "register", "unregister"]

CLASSES: Final = (
    JointwisePreferences,
    JointwiseExportSettings,
    JointwisePerson,
    JointwiseQueuedClip,
    JointwiseSolvedCamera,
    JointwiseJointBone,
    JointwiseRetargetSettings,
    JointwiseSettings,
    JointwiseCleanup,
    JointwisePinnedBone,
    JointwisePin,
    JointwisePins,
    JOINTWISE_OT_estimate,
    JOINTWISE_OT_cancel,
    JOINTWISE_OT_load_motion,
    JOINTWISE_OT_import_motion,
    *EXPORT_OPERATORS,
    *ENVIRONMENT_OPERATORS,
    JOINTWISE_OT_set_scene_rate,
    JOINTWISE_OT_copy_log,
    JOINTWISE_OT_copy_report,
    JOINTWISE_OT_open_help,
    JOINTWISE_OT_apply_contacts,
    JOINTWISE_OT_reset_contacts,
    JOINTWISE_OT_reset_cleanup,
    JOINTWISE_OT_pin_pose,
    JOINTWISE_OT_resolve_pins,
    JOINTWISE_OT_jump_to_pin,
    JOINTWISE_OT_remove_pin,
    JOINTWISE_OT_remove_all_pins,
    JOINTWISE_OT_find_people,
    JOINTWISE_OT_split_person,
    JOINTWISE_OT_join_people,
    JOINTWISE_OT_queue_clips,
    JOINTWISE_OT_clear_queue,
    JOINTWISE_OT_estimate_queue,
    JOINTWISE_OT_place_through_camera,
    JOINTWISE_OT_remove_placing,
    JOINTWISE_OT_use_camera_lens,
    JOINTWISE_OT_retarget,
    JOINTWISE_OT_recognise_rig,
    JOINTWISE_OT_save_bone_map,
    JOINTWISE_OT_load_bone_map,
    JOINTWISE_PT_estimate,
    JOINTWISE_PT_options,
    JOINTWISE_PT_queue,
    JOINTWISE_PT_solved_camera,
    JOINTWISE_PT_result,
    JOINTWISE_PT_cleanup,
    JOINTWISE_UL_pins,
    JOINTWISE_PT_pins,
    JOINTWISE_PT_cleanup_joints,
    JOINTWISE_PT_export,
    JOINTWISE_PT_retarget,
    JOINTWISE_PT_retarget_mapping,
)


def register() -> None:
    """Register all classes and the scene's settings."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    register_settings()
    register_cleanup()
    register_pins()
    register_manual()
    # As a Python module (without an executable) Blender crashes in 4.2, and hangs in 4.5, when Python ends while
    # classes of any add-on are registered; Blender proper frees them itself.
    if not bpy.app.binary_path:
        atexit.register(unregister)


def unregister() -> None:
    """End what runs and take everything away again."""
    atexit.unregister(unregister)
    finish_all()
    unregister_pins()
    finish_environment()
    end_warm()
    unregister_manual()
    unregister_cleanup()
    free_thumbnails()
    unregister_settings()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
