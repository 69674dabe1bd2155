"""The way that all formats share: check, sample in object mode, and hand over what a writer needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...core.errors import OptionError, SceneError
from ..compat import strip_slot_identifier
from ..object_mode import in_object_mode
from .options import Content, ExportOptions, RootBone, Source
from .poses import SampledPoses, in_takes, with_even_scales, with_root_bone
from .sampling import action_played, sample_poses
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
    context: Any, armature: Any, options: ExportOptions, keeps_own_frames: bool = False, holds_takes: bool = False
) -> Iterator[ExportJob]:
    """Give the job of exporting an armature; meanwhile Blender is in object mode.

    Args:
        keeps_own_frames: see `plan_timing`.
        holds_takes: the format can hold several motions.
    Raises:
        SceneError: the armature has no bones, no keys, or is not in the current scene.
        OptionError: the range or the rate is empty.
    """
    if context.view_layer.objects.get(armature.name) is None:
        raise SceneError(f"The armature {armature.name} is not in the current view layer.", "Enable its collection.")
    if not len(armature.data.bones):
        raise SceneError(f"The armature {armature.name} has no bones to export.")
    if options.source == Source.TAKES and not holds_takes:
        raise OptionError("This format holds one motion, not a take for each action.", "Choose Action or NLA.")
    with in_object_mode(context):
        carried = carried_meshes(context.view_layer, armature)
        meshes = carried if options.content == Content.MESH else []
        sample = partial(_sample, context, armature, carried, options)
        poses = _sample_takes(context, armature, sample) if options.source == Source.TAKES else sample(keeps_own_frames)
        poses = with_even_scales(poses)
        root_bone = options.root_bone_of_preset()
        if root_bone != RootBone.NONE:
            poses = with_root_bone(poses, root_bone == RootBone.MOTION)
        yield ExportJob(armature, meshes, poses)


def _sample(
    context: Any, armature: Any, meshes: list[Any], options: ExportOptions, keeps_own_frames: bool
) -> SampledPoses:
    timing = plan_timing(context.scene, armature, options, keeps_own_frames)
    return sample_poses(context.scene, context.view_layer, armature, meshes, options, timing)


def _sample_takes(context: Any, armature: Any, sample: Callable[[bool], SampledPoses]) -> SampledPoses:
    """Return the poses of each action in the NLA, by its name."""
    tracks = armature.animation_data.nla_tracks if armature.animation_data else ()
    strips = [strip for track in tracks for strip in track.strips if strip.action is not None]
    if not strips:
        raise SceneError(f"The armature {armature.name} has no actions in the NLA.", "Push one down, or choose Action.")
    motions: dict[str, SampledPoses] = {}
    for strip in strips:
        if strip.action.name not in motions:
            with action_played(context.view_layer, armature, strip.action, strip_slot_identifier(strip)):
                motions[strip.action.name] = sample(False)
    return in_takes(motions)
