"""Writes USD with Blender's exporter."""

from pathlib import Path
from typing import Any, Final

from .exporters import USD
from .files import whole_export
from .job import export_job
from .options import ExportOptions
from .poses import scaled
from .stage import staged_copies

SETTINGS: Final[dict[str, Any]] = {
    "export_animation": True,
    "export_armatures": True,
    "only_deform_bones": False,
    "export_shapekeys": True,
    "export_materials": True,
    "use_instancing": False,
}


def export_usd(context: Any, armature: Any, path: Path, options: ExportOptions) -> None:
    """Write the armature, its meshes and its motion, in metres; the user's scene stays as it is.

    Raises:
        SceneError: the armature has no keys, is not in the current view layer, or Blender has no USD exporter.
        OptionError: the range or the rate is empty.
        OutputError: the file cannot be written.
    """
    metres = float(context.scene.unit_settings.scale_length)
    with whole_export(path) as partial, export_job(context, armature, options) as job:
        poses, growth = scaled(job.poses, metres) if metres != 1.0 else (job.poses, 1.0)
        with (
            USD.operator() as export,
            staged_copies(context, armature, job.meshes, poses, growth) as stage,
            stage.in_context(context),
        ):
            export(filepath=str(partial), **SETTINGS)
