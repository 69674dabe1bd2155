"""Copies of meshes that hang on a copied armature, in another unit where the file asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
from mathutils import Matrix

from .skeleton import armature_modifier


def copy_mesh(mesh: Any, armature: Any, armature_copy: Any, growth: float, scene: Any, made: list[Any]) -> Any:
    """Return a copy of a mesh object, deformed or carried by the copied armature as the mesh is by its own.

    Modifiers other than the armature's are applied, unless shape keys forbid it.

    Args:
        growth: what lengths below the armature grow by.
        made: data that came into being, to be removed by the caller.
    """
    data = _resting_data(mesh, scene)
    made.append(data)
    data.animation_data_clear()
    if data.shape_keys is not None:
        data.shape_keys.animation_data_clear()
    data.transform(Matrix.Scale(growth, 4), shape_keys=True)
    copy = bpy.data.objects.new(mesh.name, data)
    made.append(copy)
    for index, slot in enumerate(mesh.material_slots):
        if slot.link == "OBJECT":
            data.materials[index] = slot.material
    scene.collection.objects.link(copy)
    _hang(copy, mesh, armature, armature_copy, growth)
    _deform(copy, armature_modifier(mesh, armature), armature_copy)
    return copy


def _resting_data(mesh: Any, scene: Any) -> Any:
    """Return new mesh data: the object's, with the modifiers besides the armature applied."""
    shaping = [item for item in mesh.modifiers if item.type != "ARMATURE" and item.show_viewport]
    if not shaping or mesh.data.shape_keys is not None:
        return mesh.data.copy()
    # The armature is switched off on a copy of the object: the user's is read only. But a copied override would count
    # as a user of the linked object for ever, so an override is switched itself, and back.
    is_override = mesh.override_library is not None
    rested = mesh if is_override else mesh.copy()
    try:
        with _undeformed(rested):
            scene.collection.objects.link(rested)
            layer = scene.view_layers[0]
            layer.update()
            evaluated = rested.evaluated_get(layer.depsgraph)
            return bpy.data.meshes.new_from_object(evaluated, preserve_all_data_layers=True, depsgraph=layer.depsgraph)
    finally:
        if not is_override:
            bpy.data.objects.remove(rested)
        elif rested.name in scene.collection.objects:
            scene.collection.objects.unlink(rested)


@contextmanager
def _undeformed(item: Any) -> Iterator[None]:
    """Show an object without what armatures do to it."""
    wanted = [(item, "hide_viewport", False)]
    wanted += [(modifier, "show_viewport", False) for modifier in item.modifiers if modifier.type == "ARMATURE"]
    former = [(owner, name, getattr(owner, name)) for owner, name, _ in wanted]
    try:
        for owner, name, value in wanted:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in former:
            setattr(owner, name, value)


def _hang(copy: Any, mesh: Any, armature: Any, armature_copy: Any, growth: float) -> None:
    """Make the copy a child of the copied armature, where the mesh stands against its own."""
    copy.parent = armature_copy
    if mesh.parent == armature:
        local = mesh.matrix_parent_inverse @ mesh.matrix_basis
    else:
        local = armature.matrix_world.inverted() @ mesh.matrix_world
    if mesh.parent == armature and mesh.parent_type == "BONE":
        copy.parent_type, copy.parent_bone = "BONE", mesh.parent_bone
    local.translation = local.translation * growth
    copy.matrix_parent_inverse = Matrix()
    copy.matrix_basis = local


def _deform(copy: Any, model: Any, armature_copy: Any) -> None:
    if model is None:
        return
    modifier = copy.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature_copy
    for name in ("use_vertex_groups", "use_bone_envelopes", "use_deform_preserve_volume", "vertex_group"):
        setattr(modifier, name, getattr(model, name))
