"""The way that all formats share: check, sample in object mode, and hand over what a writer needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...core.errors import SceneError
from ..object_mode import in_object_mode
from .options import Content, ExportOptions, RootBone
from .poses import SampledPoses, with_even_scales, with_root_bone
from .sampling import sample_poses
from .skeleton import carried_meshes
from .timing import plan_timing


@dataclass(frozen=True)
class ExportJob:
    """What one export writes.

    Attributes:
        armature: the user's, read only.
        meshes: the user's that go with it; empty for the skeleton alone.
        poses: sampled, metres or whatever the user's scene counts in.
    """

    armature: Any
    meshes: list[Any]
    poses: SampledPoses


@contextmanager
def export_job(
    context: Any, armature: Any, options: ExportOptions, keeps_own_frames: bool = False
) -> Iterator[ExportJob]:
    """Give the job of exporting an armature; meanwhile Blender is in object mode.

    Args:
        keeps_own_frames: see `plan_timing`.
    Raises:
        SceneError: the armature has no bones, no keys, or is not in the current scene.
        OptionError: the range or the rate is empty.
    """
    scene = context.scene
    if context.view_layer.objects.get(armature.name) is None:
        raise SceneError(f"The armature {armature.name} is not in the current view layer.", "Enable its collection.")
    if not len(armature.data.bones):
        raise SceneError(f"The armature {armature.name} has no bones to export.")
    timing = plan_timing(scene, armature, options, keeps_own_frames)
    with in_object_mode(context):
        carried = carried_meshes(scene, armature)
        meshes = carried if options.content == Content.MESH else []
        poses = with_even_scales(sample_poses(scene, context.view_layer, armature, carried, options, timing))
        root_bone = options.root_bone_of_preset()
        if root_bone != RootBone.NONE:
            poses = with_root_bone(poses, root_bone == RootBone.MOTION)
        yield ExportJob(armature, meshes, poses)
