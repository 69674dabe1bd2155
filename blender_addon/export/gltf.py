"""Writes glTF with Blender's exporter: GLB in one file, or glTF with its binary and pictures beside."""

from pathlib import Path
from typing import Any, Final

from .exporters import GLTF
from .files import whole_export
from .job import export_job
from .options import ExportOptions
from .poses import scaled
from .stage import staged_copies

SETTINGS: Final[dict[str, Any]] = {
    "use_active_scene": True,
    "export_yup": True,
    "export_animations": True,
    "export_anim_scene_split_object": False,
    "export_force_sampling": True,
    # The default drops keys that change little.
    "export_optimize_animation_size": False,
    # The default is on from 4.2 and moves the first key to zero, where ours is.
    "export_negative_frame": "SLIDE",
    "export_frame_range": True,
    "export_skins": True,
    "export_def_bones": False,
}


def export_gltf(context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
    """Write the armature, its meshes and its motion, in metres; the user's scene stays as it is.

    Args:
        path: .glb for one file; .gltf for several.
    Raises:
        SceneError: the armature has no keys, is not in the current view layer, or Blender has no glTF exporter.
        OptionError: the range or the rate is empty.
        OutputError: the file cannot be written.
    """
    metres = float(context.scene.unit_settings.scale_length)
    with whole_export(path) as partial, export_job(context, armature, options, holds_takes=True) as job:
        # glTF is in metres by its specification.
        poses, growth = scaled(job.poses, metres) if metres != 1.0 else (job.poses, 1.0)
        with (
            GLTF.operator() as export,
            staged_copies(context, armature, job.meshes, poses, growth) as stage,
            stage.in_context(context),
        ):
            file_kind = "GLB" if path.suffix.lower() == ".glb" else "GLTF_SEPARATE"
            mode = {"export_animation_mode": "NLA_TRACKS" if poses.takes else "SCENE"}
            stage.rest_skins()
            export(filepath=str(partial), export_format=file_kind, **mode, **SETTINGS)
