"""Which bones to write, under which parents, and which meshes go with an armature."""

from typing import Any, Final

import numpy as np

from .poses import Skeleton

ORIGINAL_PREFIX: Final = "ORG-"
DEFORM_PREFIX: Final = "DEF-"
"""Rigify hangs some of its deform bones on originals, each of which has a deform bone of the same name."""


def kept_bones(armature: Any, meshes: list[Any], only_deform: bool) -> list[str]:
    """Return the names of the bones to write, parents before children.

    Args:
        meshes: a bone that carries one of them is kept.
        only_deform: leave out bones that deform nothing; without effect where no bone deforms.
    """
    bones = _parents_first(armature.data.bones)
    if not only_deform or not any(bone.use_deform for bone in bones):
        return [bone.name for bone in bones]
    carriers = {mesh.parent_bone for mesh in meshes if mesh.parent == armature and mesh.parent_type == "BONE"}
    return [bone.name for bone in bones if bone.use_deform or bone.name in carriers]


def read_skeleton(armature: Any, names: list[str]) -> Skeleton:
    """Return the rest of the named bones, each under its nearest ancestor among them."""
    bones = armature.data.bones
    place = {name: index for index, name in enumerate(names)}
    parents = [_kept_ancestor(bones[name], place) for name in names]
    order = _order(parents)
    moved = {former: new for new, former in enumerate(order)}
    return Skeleton(
        tuple(names[index] for index in order),
        tuple(moved[parents[index]] if parents[index] >= 0 else -1 for index in order),
        np.array([np.array(bones[names[index]].matrix_local) for index in order]).reshape(-1, 4, 4),
        np.array([list(bones[names[index]].tail_local) for index in order]).reshape(-1, 3),
    )


def _kept_ancestor(bone: Any, place: dict[str, int]) -> int:
    ancestor = bone.parent
    while ancestor is not None:
        if ancestor.name in place:
            return place[ancestor.name]
        twin = DEFORM_PREFIX + ancestor.name.removeprefix(ORIGINAL_PREFIX)
        if twin in place and twin != bone.name and ancestor.name.startswith(ORIGINAL_PREFIX):
            return place[twin]
        ancestor = ancestor.parent
    return -1


def _order(parents: list[int]) -> list[int]:
    """Return the indices with parents before children, otherwise in their order; a circle of twins is cut."""
    order: list[int] = []
    waiting = list(range(len(parents)))
    while waiting:
        ready = [index for index in waiting if parents[index] < 0 or parents[index] in order]
        if not ready:
            parents[waiting[0]] = -1
            continue
        order += ready
        waiting = [index for index in waiting if index not in ready]
    return order


def _parents_first(bones: Any) -> list[Any]:
    ordered: list[Any] = []
    waiting = [bone for bone in bones if bone.parent is None]
    while waiting:
        bone = waiting.pop(0)
        ordered.append(bone)
        waiting[:0] = list(bone.children)
    return ordered


def carried_meshes(layer: Any, armature: Any) -> list[Any]:
    """Return the view layer's meshes that the armature deforms or carries, without those that only draw its bones."""
    drawings = {bone.custom_shape for bone in armature.pose.bones if bone.custom_shape is not None}
    meshes = (item for item in layer.objects if item.type == "MESH" and item not in drawings)
    return [item for item in meshes if item.parent == armature or armature_modifier(item, armature) is not None]


def armature_modifier(mesh: Any, armature: Any) -> Any:
    """Return the mesh's first modifier by which the armature deforms it, or None."""
    found = (item for item in mesh.modifiers if item.type == "ARMATURE" and item.object == armature)
    return next(found, None)
