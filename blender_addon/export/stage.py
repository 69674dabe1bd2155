"""A scene of its own with keyed copies of an armature and its meshes, for Blender's exporters to write.

All of it is gone afterwards, whatever happens, and the user's objects, their names too, are as they were.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .copies import copy_mesh
from .keying import REST_FRAME, key_copy
from .names import borrowed_names
from .poses import SampledPoses, Skeleton


@dataclass(frozen=True)
class Stage:
    """The scene with the copies.

    Attributes:
        scene: bpy.types.Scene; its range and rate are the file's.
        armature: the keyed copy.
        meshes: copies that hang on it.
    """

    scene: Any
    armature: Any
    meshes: list[Any]

    def rest_skins(self) -> None:
        """Show the meshes undeformed, for exporters that ask only which bones deform them: it saves half their time.

        Note: USD's would then take them for unskinned meshes, and write every vertex in every frame.
        """
        for mesh in self.meshes:
            for modifier in mesh.modifiers:
                modifier.show_viewport = False

    @contextmanager
    def in_context(self, context: Any) -> Iterator[None]:
        """Make the stage what operators see, with everything on it selected; afterwards the user's scene again."""
        layer = self.scene.view_layers[0]
        selected = [self.armature, *self.meshes]
        window = context.window
        former = window.scene if window else None
        for item in selected:
            item.select_set(True, view_layer=layer)
        layer.objects.active = self.armature
        try:
            with context.temp_override(
                scene=self.scene,
                view_layer=layer,
                active_object=self.armature,
                object=self.armature,
                selected_objects=selected,
            ):
                yield
        finally:
            # The glTF exporter makes the scene that it writes the window's.
            if window is not None and window.scene != former:
                window.scene = former


@contextmanager
def staged_copies(
    context: Any,
    armature: Any,
    meshes: list[Any],
    poses: SampledPoses,
    growth: float = 1.0,
    scale_length: float = 1.0,
    armature_name: str = "",
) -> Iterator[Stage]:
    """Give a scene with a copy of the armature that moves as the samples do, and copies of meshes on it.

    Args:
        poses: in the unit of the file.
        growth: what the armature's and the meshes' data grow by; the poses have it already.
        scale_length: metres in a unit of the scene.
        armature_name: another name for the copy than the armature's.
    """
    action = armature.animation_data.action if armature.animation_data and not poses.takes else None
    scene = bpy.data.scenes.new(action.name if action else armature.name)
    with ExitStack() as stack:
        made: list[Any] = []
        stack.callback(_remove, scene, made)
        _set_up(scene, poses, scale_length)
        copy = _copy_armature(context, scene, armature, poses.skeleton, growth, made)
        pairs = [(armature, copy), (armature.data, copy.data)]
        copies = []
        for mesh in meshes:
            mesh_copy = copy_mesh(mesh, armature, copy, growth, scene, made)
            copies.append(mesh_copy)
            pairs += [(mesh, mesh_copy), (mesh.data, mesh_copy.data)]
        key_copy(copy, poses, made)
        stack.enter_context(borrowed_names(pairs, {copy: armature_name} if armature_name else {}))
        scene.frame_set(REST_FRAME)
        yield Stage(scene, copy, copies)


def _remove(scene: Any, made: list[Any]) -> None:
    bpy.data.scenes.remove(scene)
    bpy.data.batch_remove(made)


def _set_up(scene: Any, poses: SampledPoses, scale_length: float) -> None:
    scene.render.fps = max(1, round(poses.rate_hz))
    scene.render.fps_base = scene.render.fps / poses.rate_hz
    scene.frame_start, scene.frame_end = 0, max(1, int(np.ceil(poses.frames.max() - 1e-3)))
    scene.unit_settings.system = "METRIC"
    scene.unit_settings.scale_length = scale_length


def _copy_armature(context: Any, scene: Any, armature: Any, skeleton: Skeleton, growth: float, made: list[Any]) -> Any:
    """Return a new armature object with the skeleton's bones; a new object has no constraints, drivers or keys."""
    data = armature.data.copy()
    made.append(data)
    data.animation_data_clear()
    data.pose_position = "POSE"
    copy = bpy.data.objects.new(armature.name, data)
    made.append(copy)
    scene.collection.objects.link(copy)
    data.transform(Matrix.Scale(growth, 4))
    layer = scene.view_layers[0]
    layer.objects.active = copy
    with context.temp_override(scene=scene, view_layer=layer, active_object=copy, object=copy):
        bpy.ops.object.mode_set(mode="EDIT")
        try:
            _rebuild_bones(data.edit_bones, skeleton)
        finally:
            bpy.ops.object.mode_set(mode="OBJECT")
    for bone in data.bones:
        bone.use_inherit_rotation, bone.use_local_location, bone.inherit_scale = True, True, "FULL"
    for pose_bone in copy.pose.bones:
        pose_bone.rotation_mode = "QUATERNION"
    return copy


def _rebuild_bones(edit_bones: Any, skeleton: Skeleton) -> None:
    for bone in edit_bones:
        # A connected bone would ignore its location.
        bone.use_connect = False
    for bone in [bone for bone in edit_bones if bone.name not in skeleton.names]:
        edit_bones.remove(bone)
    for name, tail in zip(skeleton.names, skeleton.tails, strict=True):
        if name not in edit_bones:
            edit_bones.new(name).tail = Vector(tail)
    for name, parent in zip(skeleton.names, skeleton.parents, strict=True):
        edit_bones[name].parent = edit_bones[skeleton.names[parent]] if parent >= 0 else None
