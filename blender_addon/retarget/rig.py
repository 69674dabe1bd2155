"""A rig as arrays: names, hierarchy and rest pose of an armature object's bones. Reads only."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Rig:
    """B bones at rest, in the armature's own axes and units.

    Attributes:
        names: of the bones; parents come before their children.
        parents: (B,) index of each bone's parent, -1 without one.
        heads, tails: (B, 3).
        rotmat: (B, 3, 3) rest axes as columns.
        is_connected, inherits_rotation, has_local_location: (B,) the bones' flags.
        world_from_armature: (4, 4).
    """

    names: tuple[str, ...]
    parents: NDArray[np.int64]
    heads: FloatArray
    tails: FloatArray
    rotmat: FloatArray
    is_connected: NDArray[np.bool_]
    inherits_rotation: NDArray[np.bool_]
    has_local_location: NDArray[np.bool_]
    world_from_armature: FloatArray

    @cached_property
    def index(self) -> dict[str, int]:
        """Places of the bones by name."""
        return {name: place for place, name in enumerate(self.names)}

    @property
    def scale(self) -> float:
        """How long an armature unit is in the world (the mean over the axes)."""
        return float(np.abs(np.linalg.det(self.world_from_armature[:3, :3])) ** (1 / 3))

    @property
    def world_rotmat(self) -> FloatArray:
        """(3, 3) the nearest rotation to that of the object."""
        left, _, right = np.linalg.svd(self.world_from_armature[:3, :3])
        turn: FloatArray = left @ right
        return turn

    @property
    def unevenness(self) -> float:
        """How far the object's scale differs between its axes, as a share; shear counts too."""
        values = np.linalg.svd(self.world_from_armature[:3, :3], compute_uv=False)
        return float(values[0] / values[-1] - 1)

    @property
    def is_mirrored(self) -> bool:
        """True for an object with a negative scale."""
        return bool(np.linalg.det(self.world_from_armature[:3, :3]) < 0)

    def ancestors(self, bone: int) -> list[int]:
        """Return the places of a bone's ancestors, its parent first."""
        found = []
        while (bone := int(self.parents[bone])) >= 0:
            found.append(bone)
        return found

    def children(self, bone: int) -> list[int]:
        """Return the places of a bone's children."""
        return [int(child) for child in np.flatnonzero(self.parents == bone)]


def read_rig(armature: Any) -> Rig:
    """Return the bones of an armature object, which must not be in edit mode."""
    bones = _parents_first(armature.data.bones)
    index = {bone.name: place for place, bone in enumerate(bones)}
    return Rig(
        names=tuple(bone.name for bone in bones),
        parents=np.array([index[bone.parent.name] if bone.parent else -1 for bone in bones], np.int64),
        heads=np.array([bone.head_local for bone in bones], np.float64).reshape(-1, 3),
        tails=np.array([bone.tail_local for bone in bones], np.float64).reshape(-1, 3),
        rotmat=_orthonormal(np.array([bone.matrix_local.to_3x3() for bone in bones], np.float64).reshape(-1, 3, 3)),
        is_connected=np.array([bool(bone.use_connect and bone.parent) for bone in bones], bool),
        inherits_rotation=np.array([bone.use_inherit_rotation for bone in bones], bool),
        has_local_location=np.array([bone.use_local_location for bone in bones], bool),
        world_from_armature=np.array(armature.matrix_world, np.float64),
    )


def _parents_first(bones: Any) -> list[Any]:
    ordered: list[Any] = []
    waiting = [bone for bone in bones if bone.parent is None]
    while waiting:
        bone = waiting.pop()
        ordered.append(bone)
        waiting.extend(bone.children)
    return ordered


def _orthonormal(rotmat: FloatArray) -> FloatArray:
    """Return the nearest rotations: Blender keeps the rest axes in single precision."""
    if not len(rotmat):
        return rotmat
    left, _, right = np.linalg.svd(rotmat)
    turned: FloatArray = left @ right
    return turned
