"""Samples an armature's pose as Blender evaluates it, constraints and all, and leaves the user's scene alone.

The armature is looked at in a scene of its own, so that neither the current frame nor anything else of the user's
scenes changes, and meshes that hang on it cost nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import bpy
import numpy as np

from ..compat import assign_action, slot_identifier
from ..cursor_progress import with_progress
from ..scene_rate import scene_rate_hz
from .options import ExportOptions, Source
from .poses import FloatArray, SampledPoses, Skeleton
from .skeleton import kept_bones, read_skeleton
from .timing import Timing

CHANNELS: Final = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")


def sample_poses(
    scene: Any, layer: Any, armature: Any, meshes: list[Any], options: ExportOptions, timing: Timing
) -> SampledPoses:
    """Return the poses of the bones to write.

    Args:
        scene: the user's, for its rate.
        layer: the user's view layer.
        meshes: those that go with the armature; a bone that carries one is kept.
    """
    kept = kept_bones(armature, meshes, options.only_deform_bones)
    skeleton = read_skeleton(armature, kept)
    with _as_the_source_asks(layer, armature, options.source), _scene_with(scene, armature) as own_scene:
        pose, object_world = _sample(own_scene, armature, skeleton, timing.source_frames)
    return SampledPoses(skeleton, pose, object_world, timing.file_frames, timing.rate_hz)


def _sample(scene: Any, armature: Any, skeleton: Skeleton, frames: FloatArray) -> tuple[FloatArray, FloatArray]:
    bones = armature.pose.bones
    indices = [bones.find(name) for name in skeleton.names]
    everything = np.empty((len(bones), 4, 4), np.float32)
    pose, object_world = np.empty((len(frames), len(indices), 4, 4)), np.empty((len(frames), 4, 4))
    for row, frame in enumerate(with_progress(bpy.context.window_manager, frames.tolist())):
        whole = int(np.floor(frame))
        scene.frame_set(whole, subframe=frame - whole)
        evaluated = armature.evaluated_get(scene.view_layers[0].depsgraph)
        evaluated.pose.bones.foreach_get("matrix", everything.reshape(-1))
        # Blender keeps matrices by columns.
        pose[row] = everything[indices].transpose(0, 2, 1)
        object_world[row] = np.array(evaluated.matrix_world)
    return pose, object_world


@contextmanager
def _scene_with(users_scene: Any, armature: Any) -> Iterator[Any]:
    """Give a new scene with the armature in it and the rate of the user's."""
    scene = bpy.data.scenes.new("jointwise_sampling")
    try:
        rate_hz = scene_rate_hz(users_scene)
        scene.render.fps = users_scene.render.fps
        scene.render.fps_base = scene.render.fps / rate_hz
        scene.collection.objects.link(armature)
        yield scene
    finally:
        bpy.data.scenes.remove(scene)


@contextmanager
def _as_the_source_asks(layer: Any, armature: Any, source: Source) -> Iterator[None]:
    """Show the armature posed and evaluated, by its action alone where that is asked for; then as it was."""
    wanted = [(armature, "hide_viewport", False), (armature.data, "pose_position", "POSE")]
    if source != Source.NLA and armature.animation_data is not None and len(armature.animation_data.nla_tracks):
        wanted.append((armature.animation_data, "use_nla", False))
    former = [(owner, name, getattr(owner, name)) for owner, name, value in wanted if getattr(owner, name) != value]
    channels = _channels(armature) if former else []
    try:
        for owner, name, value in wanted:
            if getattr(owner, name) != value:
                setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in former:
            setattr(owner, name, value)
        if former:
            # Blender plays the keys anew after such a change, over a pose that is not keyed yet.
            layer.update()
            _restore(channels)


@contextmanager
def action_played(layer: Any, armature: Any, action: Any, slot: str | None) -> Iterator[None]:
    """Make an action the armature's current one for a while; then everything is as it was, an unkeyed pose too."""
    former, former_slot = armature.animation_data.action, slot_identifier(armature)
    channels = _channels(armature)
    assign_action(armature, action, slot)
    try:
        yield
    finally:
        assign_action(armature, former, former_slot)
        layer.update()
        _restore(channels)


def _channels(armature: Any) -> list[tuple[Any, str, tuple[float, ...]]]:
    """Return all values that keys could change, of the bones and of the object itself."""
    owners = [armature, *armature.pose.bones]
    return [(owner, name, tuple(getattr(owner, name))) for owner in owners for name in CHANNELS]


def _restore(channels: list[tuple[Any, str, tuple[float, ...]]]) -> None:
    for owner, name, values in channels:
        if tuple(getattr(owner, name)) != values:
            setattr(owner, name, values)
