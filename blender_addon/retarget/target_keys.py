"""Writes a transferred motion as keys of a new action on the target; the bones' own rotation modes are kept."""

from collections.abc import Iterable, Mapping
from typing import Any

import bpy
import numpy as np

from ..compat import ActionCurves
from ..keyframes import write_keys
from .carriage import NOTHING, Carriage
from .rig import FloatArray, Rig
from .rotation_modes import rotation_channel, rotation_values
from .transfer import TargetPose


def bone_path(bone: str) -> str:
    """Return the data path of a pose bone."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"]'


def bones_above(rig: Rig, carriage: Carriage) -> list[int]:
    """Return the places of the bones that the driven ones hang on and that are not driven themselves."""
    driven = {entry.bone for entry in carriage.driven}
    return sorted({ancestor for bone in driven for ancestor in rig.ancestors(bone)} - driven)


def reset_bones(target: Any, rig: Rig, bones: Iterable[int]) -> None:
    """Put bones to rest."""
    for bone in bones:
        target.pose.bones[rig.names[bone]].matrix_basis.identity()


def key_target(
    target: Any, curves: ActionCurves, frames: FloatArray, rig: Rig, carriage: Carriage, pose: TargetPose
) -> None:
    """Key the driven bones' rotations and the root's location at frames (T,)."""
    for place, turn in enumerate(basis_turns(rig, carriage, pose.turns)):
        name = rig.names[carriage.driven[place].bone]
        mode = target.pose.bones[name].rotation_mode
        values = rotation_values(turn, mode)
        for component in range(values.shape[1]):
            curve = curves.new(f"{bone_path(name)}.{rotation_channel(mode)}", component, name)
            write_keys(curve, frames, values[:, component])
    root = rig.names[carriage.root]
    for axis, values in enumerate(root_location(rig, carriage.root, pose.shift).T):
        write_keys(curves.new(f"{bone_path(root)}.location", axis, root), frames, values)


def basis_turns(rig: Rig, carriage: Carriage, turns: Mapping[str, FloatArray]) -> list[FloatArray]:
    """Return each driven bone's rotation (T, 3, 3) in its own rest axes."""
    found = []
    for entry in carriage.driven:
        rest, turn = rig.rotmat[entry.bone], turns[entry.joint]
        if entry.turn_carrier != NOTHING:
            turn = np.swapaxes(turns[carriage.driven[entry.turn_carrier].joint], 1, 2) @ turn
        found.append(rest.T @ turn @ rest)
    return found


def root_location(rig: Rig, root: int, shift: FloatArray) -> FloatArray:
    """Return a bone's location (T, 3) for a translation (T, 3), metres, in the armature's axes."""
    location = shift / rig.scale
    return location @ rig.rotmat[root] if rig.has_local_location[root] else location


def key_rest(target: Any, curves: ActionCurves, frame: float, rig: Rig, bones: list[int]) -> None:
    """Key bones at rest with one key each, so that no earlier pose of theirs stays in the motion."""
    once = np.array([frame])
    for bone in bones:
        name = rig.names[bone]
        mode = target.pose.bones[name].rotation_mode
        values = rotation_values(np.eye(3)[None], mode)[0]
        for channel, rest in ((rotation_channel(mode), values), ("location", np.zeros(3))):
            for component, value in enumerate(rest):
                curve = curves.new(f"{bone_path(name)}.{channel}", component, name)
                write_keys(curve, once, np.array([value]))
