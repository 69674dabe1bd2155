"""Control rigs (generated Rigify and the like): what their controls really hang on.

The controls' parents are hidden bones with constraints, so hierarchy does not tell what moves them. A trial does: the
controls are turned at random, Blender evaluates the rig once, and each control is seen to follow one of the others.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from mathutils import Quaternion

from .carriage import NOTHING, Carriage, DrivenBone
from .rig import FloatArray, Rig
from .target_keys import bone_path

FOLLOWS: Final = 1e-3
"""How far a rotation's entries, or a place as a share of the rig's size, may be off for one to follow the other."""


def is_control_rig(target: Any, rig: Rig, carriage: Carriage) -> bool:
    """True where constraints move something that the driven bones hang on."""
    bones = {ancestor for entry in carriage.driven for ancestor in rig.ancestors(entry.bone)}
    bones -= {entry.bone for entry in carriage.driven}
    return any(_active_constraints(target.pose.bones[rig.names[bone]]) for bone in bones)


def _active_constraints(bone: Any) -> list[str]:
    return [constraint.name for constraint in bone.constraints if not constraint.mute and constraint.influence > 0]


def interference(target: Any, rig: Rig, carriage: Carriage) -> list[str]:
    """Return a sentence for each kind of thing that moves the driven bones besides their keys."""
    names = [rig.names[entry.bone] for entry in carriage.driven]
    found = []
    constrained = [name for name in names if _active_constraints(target.pose.bones[name])]
    if constrained:
        found.append(f"Constraints also move these bones of {target.name}: {', '.join(constrained)}. Mute them.")
    drivers = target.animation_data.drivers if target.animation_data else ()
    channels = ("rotation", "location")
    driven = [
        name
        for name in names
        if any(d.data_path.startswith(f"{bone_path(name)}.{ch}") for d in drivers for ch in channels)
    ]
    if driven:
        found.append(f"Drivers also move these bones of {target.name}: {', '.join(driven)}.")
    return found


def observe_carriage(context: Any, target: Any, rig: Rig, carriage: Carriage) -> tuple[Carriage, list[str]]:
    """Return the carriage as Blender evaluates it, and the names of controls that follow no other control.

    The bones must be at rest; they are again afterwards.
    """
    rng = np.random.default_rng(1)
    names = [rig.names[entry.bone] for entry in carriage.driven]
    former = {name: target.pose.bones[name].matrix_basis.copy() for name in names}
    try:
        for name in names:
            _turn(target.pose.bones[name], rng)
        seen = _evaluated(context, target, rig)
    finally:
        for name, basis in former.items():
            target.pose.bones[name].matrix_basis = basis
        target.update_tag()
    return _follow(rig, carriage, seen)


def _turn(bone: Any, rng: np.random.Generator) -> None:
    turn = Quaternion(rng.normal(size=3) / 2, float(rng.uniform(0.3, 0.6)))
    bone.matrix_basis = turn.to_matrix().to_4x4()


def _evaluated(context: Any, target: Any, rig: Rig) -> FloatArray:
    """Return each bone's motion from rest (B, 4, 4) in armature space."""
    target.update_tag()
    context.view_layer.update()
    posed = target.evaluated_get(context.evaluated_depsgraph_get()).pose.bones
    matrices = np.array([posed[name].matrix for name in rig.names], np.float64)
    rest = np.tile(np.eye(4), (len(rig.names), 1, 1))
    rest[:, :3, :3], rest[:, :3, 3] = rig.rotmat, rig.heads
    return np.asarray(matrices @ np.linalg.inv(rest))


def _follow(rig: Rig, carriage: Carriage, seen: FloatArray) -> tuple[Carriage, list[str]]:
    """Return the carriage with what each driven bone and each joint was seen to follow, and the names of lost bones."""
    # Places are compared as shares of the rig's size: rigs in centimetres are as common as rigs in metres.
    size = max(float(np.abs(rig.heads).max()), 1e-12)
    heads, seen = rig.heads / size, np.array(seen)
    seen[:, :3, 3] /= size
    motions = [seen[entry.bone] for entry in carriage.driven]
    found: list[DrivenBone] = []
    lost = []
    for own, entry in enumerate(carriage.driven):
        parent = int(rig.parents[entry.bone])
        motion = seen[parent] if parent >= 0 else np.eye(4)
        others = [index for index in range(len(motions)) if index != own]
        turn = _carrier(others, motions, motion[:3, :3])
        # What turns a bone also moves it, where that fits; two controls at one place would do as well else.
        likely = [index for index in (turn, *others) if index not in (None, NOTHING)]
        place = _carrier(likely, motions, _moved(motion, heads[entry.bone]), heads[entry.bone])
        if turn is None or place is None:
            lost.append(rig.names[entry.bone])
        found.append(replace(entry, turn_carrier=_or(turn, NOTHING), place_carrier=_or(place, entry.place_carrier)))
    points = {}
    for joint, point in carriage.points.items():
        rest = heads[point.bone]
        carrier = _carrier(list(range(len(motions))), motions, _moved(seen[point.bone], rest), rest)
        points[joint] = replace(point, carrier=_or(carrier, point.carrier))
    return carriage.reordered(tuple(found), points), lost


def _or(found: int | None, default: int) -> int:
    return default if found is None else found


def _carrier(
    candidates: Sequence[int], motions: Sequence[FloatArray], motion: FloatArray, place: FloatArray | None = None
) -> int | None:
    """Return the first candidate that moves like this; None where none does.

    Args:
        motions: (4, 4) of the driven bones.
        motion: a rotation (3, 3), or where a place (3,) has moved to.
    """
    if np.abs(motion - (np.eye(3) if place is None else place)).max() < FOLLOWS:
        return NOTHING
    for index in candidates:
        expected = motions[index][:3, :3] if place is None else _moved(motions[index], place)
        if np.abs(motion - expected).max() < FOLLOWS:
            return index
    return None


def _moved(motion: FloatArray, place: FloatArray) -> FloatArray:
    moved: FloatArray = motion[:3, :3] @ place + motion[:3, 3]
    return moved
