"""Which bones the retarget turns, and what each of them hangs on: forward kinematics of the driven bones alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from .bone_map import BoneMap
from .rig import FloatArray, Rig

NOTHING: Final = -1
"""Stands for the armature itself: such a bone hangs on nothing that is driven."""


@dataclass(frozen=True)
class DrivenBone:
    """One bone that gets keys.

    Attributes:
        bone: its place in the rig.
        joint: the joint whose rotation it takes.
        place_carrier, turn_carrier: index of the driven bone that moves its head and turns it, or NOTHING.
    """

    bone: int
    joint: str
    place_carrier: int
    turn_carrier: int


@dataclass(frozen=True)
class JointPlace:
    """Where a joint is.

    Attributes:
        bone: place in the rig of the bone whose head is the joint.
        carrier: index of the driven bone that moves it, or NOTHING.
        rest: (3,) armature axes, metres.
    """

    bone: int
    carrier: int
    rest: FloatArray


@dataclass(frozen=True)
class Carriage:
    """The driven bones, carriers first, and the joints' places on them.

    Attributes:
        points: the joints' places.
        heads: (D, 3) of the driven bones at rest, armature axes, metres.
        root: place in the rig of the bone that takes the motion's translation.
    """

    driven: tuple[DrivenBone, ...]
    points: Mapping[str, JointPlace]
    heads: FloatArray
    root: int

    @property
    def rest_places(self) -> dict[str, FloatArray]:
        """The joints at rest (3,)."""
        return {joint: point.rest for joint, point in self.points.items()}

    def reordered(self, driven: tuple[DrivenBone, ...], points: Mapping[str, JointPlace]) -> "Carriage":
        """Return the carriage with other carriers (indices into the same bones), carriers first again."""
        order: list[int] = []
        waiting = list(range(len(driven)))
        while waiting:
            # In a circle nothing comes first, so any bone does, and hangs on nothing.
            ready = next((index for index in waiting if driven[index].place_carrier in (*order, NOTHING)), waiting[0])
            waiting.remove(ready)
            order.append(ready)
        new = {old: place for place, old in enumerate(order)} | {NOTHING: NOTHING}
        moved = []
        for place, entry in enumerate(driven[index] for index in order):
            carrier = new[entry.place_carrier] if new[entry.place_carrier] < place else NOTHING
            moved.append(replace(entry, place_carrier=carrier, turn_carrier=new[entry.turn_carrier]))
        renumbered = {joint: replace(point, carrier=new[point.carrier]) for joint, point in points.items()}
        return Carriage(tuple(moved), renumbered, self.heads[order], self.root)

    def places(self, turns: Mapping[str, FloatArray], shift: FloatArray) -> dict[str, FloatArray]:
        """Return where the joints are (T, 3), metres, armature axes.

        Args:
            turns: (T, 3, 3) global rotation from rest by joint.
            shift: (T, 3) translation of the root, metres.
        """
        heads: list[FloatArray] = []
        for entry, rest in zip(self.driven, self.heads, strict=True):
            heads.append(self._carried(entry.place_carrier, rest, heads, turns, shift))
        return {
            joint: self._carried(point.carrier, point.rest, heads, turns, shift) for joint, point in self.points.items()
        }

    def _carried(
        self,
        carrier: int,
        place: FloatArray,
        heads: list[FloatArray],
        turns: Mapping[str, FloatArray],
        shift: FloatArray,
    ) -> FloatArray:
        if carrier == NOTHING:
            return place + shift
        turn = turns[self.driven[carrier].joint]
        carried: FloatArray = heads[carrier] + turn @ (place - self.heads[carrier])
        return carried


def build_carriage(rig: Rig, bone_map: BoneMap) -> Carriage:
    """Return the carriage that the bones' hierarchy alone gives; bones between driven ones keep their rest."""
    joint_of = {rig.index[bone]: joint for joint, bone in bone_map.bones.items()}
    for joint, bones in bone_map.also.items():
        joint_of |= {rig.index[bone]: joint for bone in bones if bone in rig.index}
    order = sorted(joint_of)
    position = {bone: place for place, bone in enumerate(order)}

    def carriers(bone: int) -> tuple[int, int]:
        inherits = bool(rig.inherits_rotation[bone])
        for ancestor in rig.ancestors(bone):
            if ancestor in position:
                return position[ancestor], position[ancestor] if inherits else NOTHING
            inherits = inherits and bool(rig.inherits_rotation[ancestor])
        return NOTHING, NOTHING

    driven = tuple(DrivenBone(bone, joint_of[bone], *carriers(bone)) for bone in order)
    points = {}
    for joint, bone in bone_map.bones.items():
        point = rig.index.get(bone_map.points.get(joint, bone), rig.index[bone])
        points[joint] = JointPlace(point, carriers(point)[0], rig.scale * rig.heads[point])
    return Carriage(driven, points, rig.scale * rig.heads[order].reshape(-1, 3), _root_bone(rig, bone_map, order))


def _root_bone(rig: Rig, bone_map: BoneMap, driven: list[int]) -> int:
    """Return the pelvis's bone, or above it the first that carries all driven bones and may move."""
    pelvis = rig.index[bone_map.bones["pelvis"]] if "pelvis" in bone_map.bones else driven[0]
    lines = [{bone, *rig.ancestors(bone)} for bone in driven]
    shared = set.intersection(*lines)
    for candidate in (pelvis, *rig.ancestors(pelvis)):
        if candidate in shared and not rig.is_connected[candidate]:
            return candidate
    return pelvis
