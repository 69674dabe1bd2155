"""Writes FBX with Blender's exporter, with settings that lose nothing and add nothing, and those that programs want.

Source of the settings: measured in Blender 4.2 to 5.2 by re-importing; see each comment.
"""

from pathlib import Path
from typing import Any, Final

from .exporters import FBX
from .files import whole_export
from .job import export_job
from .options import ExportOptions, Preset
from .poses import scaled
from .stage import staged_copies

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
CENTIMETRE_SETTINGS: Final[dict[str, Any]] = {
    # With the data in centimetres and a scene unit of one, nothing is left to scale.
    "apply_scale_options": "FBX_SCALE_NONE",
}
CENTIMETRE_M: Final = 0.01

UNREAL_OBJECT: Final = "Armature"
"""Unreal makes a bone of the armature object, except of one with this name."""


def export_fbx(context: Any, armature: Any, path: Path, options: ExportOptions | None = None) -> None:
    """Write the armature, its meshes and its motion; the user's scene stays as it is.

    The take starts at time zero with the first frame. At the scene's rate the samples lie on a capture's own frames,
    so nothing is lost where the capture's rate differs.

    Raises:
        SceneError: the armature has no keys, or is not in the current view layer.
        OptionError: the range or the rate is empty.
        OutputError: the file cannot be written.
    """
    options = options or ExportOptions()
    scale_length = float(context.scene.unit_settings.scale_length)
    with (
        whole_export(path) as partial,
        export_job(context, armature, options, keeps_own_frames=True, holds_takes=True) as job,
    ):
        poses, growth, settings = job.poses, 1.0, SETTINGS
        if options.is_in_centimetres:
            poses, growth = scaled(poses, scale_length / CENTIMETRE_M)
            scale_length, settings = CENTIMETRE_M, {**SETTINGS, **CENTIMETRE_SETTINGS}
        name = UNREAL_OBJECT if options.preset == Preset.UNREAL else ""
        frames = poses.frames
        if poses.takes:
            settings = {**settings, "bake_anim_use_nla_strips": True}
        # A hair less than the distance: adding it up must not step over the last frame.
        step = 1.0 if len(frames) < 2 or frames[1] == 1.0 else float(frames[1]) * (1.0 - 1e-9)
        with (
            FBX.operator() as export,
            staged_copies(context, armature, job.meshes, poses, growth, scale_length, name) as stage,
            stage.in_context(context),
        ):
            stage.rest_skins()
            export(filepath=str(partial), bake_anim_step=step, **settings)
