"""What a user does with the zip, step by step, inside Blender's Python; prints one line of JSON.

resolve                              where numpy and cv2 come from
use ZIP VIDEO FOLDER FRAME_COUNT     install, enable, estimate, export
own FOLDER VIDEO PYTHON              estimate with FOLDER's net.toml, then with its PARE files in another Python
other ZIP                            install another extension, whose wheels go onto Blender's path
again VIDEO FOLDER FRAME_COUNT       estimate in a new start
remove                               disable, uninstall
"""

import importlib
import json
import sys
import time
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.jointwise"


def resolved() -> dict[str, str]:
    """Where each package comes from, or the class of the error."""
    found = {}
    for name in ("numpy", "cv2", "scipy", "onnxruntime", "google.protobuf"):
        try:
            found[name] = str(importlib.import_module(name).__file__)
        except ImportError as error:
            found[name] = type(error).__name__
    return found


def use(zip_path: str, video: str, folder: str, frame_count: str) -> dict:
    path_before, started_s = list(sys.path), time.monotonic()
    bpy.ops.extensions.package_install_files(
        filepath=zip_path, repo="user_default", enable_on_install=True, overwrite=True
    )
    installed_s = time.monotonic()
    answer = {
        "path_added_by_enabling": [entry for entry in sys.path if entry not in path_before],
        "resolved_after_enabling": resolved(),
    }
    settings = bpy.context.scene.jointwise
    settings.end, settings.quality = int(frame_count), "fast"
    settings.motion_path = str(Path(folder) / "motion.npz")
    answer["operator_result"] = list(bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=video))
    answer |= {"install_s": installed_s - started_s, "estimate_s": time.monotonic() - installed_s}
    armature = bpy.context.view_layer.objects.active
    bpy.ops.jointwise.export_fbx("EXEC_DEFAULT", filepath=str(Path(folder) / "walk.fbx"))
    keyframes = importlib.import_module(f"{MODULE}.blender_addon.compat")
    answer |= {
        "help_page": str(importlib.import_module(f"{MODULE}.blender_addon.help.pages").page_path("guide/cleanup")),
        "bone_count": len(armature.data.bones),
        "key_count": max(len(curve.keyframe_points) for curve in keyframes.current_fcurves(armature)),
        "resolved_after_estimate": resolved(),
    }
    bpy.ops.wm.save_userpref()
    return answer


def own(folder: str, video: str, python: str) -> dict:
    """The user's own networks, named in the preferences as a user names them."""
    _enable()
    files, settings = Path(folder), bpy.context.scene.jointwise
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.network_file, preferences.smpl_file = str(files / "net.toml"), ""
    settings.end, settings.quality = 6, "fast"
    answer = {}
    for backbone in ("onnx", "pare"):
        if backbone == "pare":
            preferences.core_python = python
            preferences.pare_checkpoint = str(files / "pare.pth")
            preferences.temporal_weights = str(files / "temporal.safetensors")
            preferences.smpl_file = str(files / "SMPL_NEUTRAL.npz")
        settings.backbone, settings.motion_path = backbone, str(files / f"{backbone}.npz")
        result = bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=video)
        armature = bpy.context.view_layer.objects.active
        (body,) = [child for child in armature.children if child.type == "MESH"]
        answer[backbone] = {"result": list(result), "vertex_count": len(body.data.vertices)}
    return answer


def other(zip_path: str) -> dict:
    """Another extension with a package of ours in another version, the way the platform wants it: on Blender's path."""
    _enable()
    bpy.ops.extensions.package_install_files(
        filepath=zip_path, repo="user_default", enable_on_install=True, overwrite=True
    )
    version = importlib.import_module("flatbuffers").__version__
    bpy.ops.wm.save_userpref()
    return {"version": version, "operator_registered": hasattr(bpy.types, "JOINTWISE_OT_estimate")}


def again(video: str, folder: str, frame_count: str) -> dict:
    """A later estimate, in a new start of Blender."""
    _enable()
    settings = bpy.context.scene.jointwise
    settings.end, settings.quality = int(frame_count), "fast"
    settings.motion_path = str(Path(folder) / "again.npz")
    started_s = time.monotonic()
    result = bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=video)
    return {"operator_result": list(result), "estimate_s": time.monotonic() - started_s}


def _enable() -> None:
    # As a module Blender 5.2 starts without the saved preferences.
    if not hasattr(bpy.types.Scene, "jointwise"):
        bpy.ops.preferences.addon_enable(module=MODULE)


def remove() -> dict:
    _enable()
    bpy.ops.preferences.addon_disable(module=MODULE)
    answer = {"has_settings_after_disabling": hasattr(bpy.types.Scene, "jointwise")}
    repos = bpy.context.preferences.extensions.repos
    index = next(position for position, repo in enumerate(repos) if repo.module == "user_default")
    bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="jointwise")
    if (Path(repos[index].directory) / "other").exists():
        bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="other")
    bpy.ops.wm.save_userpref()
    return answer


steps = {
    "resolve": lambda: {"resolved": resolved()},
    "use": use,
    "own": own,
    "remove": remove,
    "other": other,
    "again": again,
}
print("\n" + json.dumps(steps[sys.argv[1]](*sys.argv[2:])), flush=True)
