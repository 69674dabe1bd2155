"""Reads the motion of a captured armature from its keys: global rotations and places of the joints in the world."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.errors import SceneError
from ...core.rotations import quat_wxyz_to_rotmat
from ...core.skeleton import JOINT_COUNT, JOINT_NAMES, PARENTS
from ..capture_tags import captured_armature, is_captured_armature
from ..cleanup.contacts import CONTACT_PROPERTIES, contact_path
from ..cleanup.feet import STANDS
from ..compat import current_fcurves
from .rig import FloatArray, read_rig

SAME_FRAME: Final = 1e-3


@dataclass(frozen=True)
class SourceMotion:
    """T frames of 24 joints in the world, metres.

    Attributes:
        frames: (T,) scene frames of the keys; need not be whole.
        rest: (24, 3) joints at rest.
        turns: (T, 24, 3, 3) global rotations from rest.
        joints: (T, 24, 3).
        feet_stand: (T, 2) which feet stand, left and right; None where that is not known.
        origin: (3,) place of the armature object.
    """

    frames: FloatArray
    rest: FloatArray
    turns: FloatArray
    joints: FloatArray
    feet_stand: NDArray[np.bool_] | None
    origin: FloatArray


def meant_sources(context: Any, target: Any) -> list[Any]:
    """Return the captured armatures that the user means, in the order of their names; empty where that is not clear.

    Those that are selected, else the one that the active object belongs to, else the only one; never the target.
    """
    selected = [item for item in context.view_layer.objects.selected if is_captured_armature(item) and item != target]
    if selected:
        return sorted(selected, key=lambda item: str(item.name))
    active = captured_armature(context)
    if active is not None and active != target:
        return [active]
    others = [item for item in context.scene.objects if is_captured_armature(item) and item != target]
    return others if len(others) == 1 else []


def read_source_motion(armature: Any) -> SourceMotion:
    """Return the motion that the keys of a captured armature hold.

    Raises:
        SceneError: no keys, other bones than ours, or bones that do not turn by quaternions.
    """
    _check(armature)
    curves = {(curve.data_path, curve.array_index): curve for curve in current_fcurves(armature)}
    keys = {key: _coordinates(curve) for key, curve in curves.items()}
    frames = _key_frames(keys)
    if not len(frames):
        raise SceneError(f"The armature {armature.name} has no keys to retarget.", "Choose one with a motion.")
    sampled = {key: _sample(curve, keys[key], frames) for key, curve in curves.items()}
    rig = read_rig(armature)
    order = [rig.index[name] for name in JOINT_NAMES]
    axes, origin = rig.world_rotmat @ rig.rotmat[order], rig.world_from_armature[:3, 3]
    rest = rig.scale * rig.heads[order] @ rig.world_rotmat.T + origin
    root = armature.pose.bones[JOINT_NAMES[0]]
    shift = rig.scale * _channels(root, "location", 3, sampled, len(frames)) @ axes[0].T
    turns, joints = _pose(_local_turns(armature, sampled, len(frames), axes), rest, rest[0] + shift)
    return SourceMotion(frames, rest, turns, joints, _contacts(sampled), origin)


def _check(armature: Any) -> None:
    missing = [name for name in JOINT_NAMES if name not in armature.pose.bones]
    if missing:
        raise SceneError(f"The armature {armature.name} is not a captured one: it has no bone {missing[0]}.")
    other = [name for name in JOINT_NAMES if armature.pose.bones[name].rotation_mode != "QUATERNION"]
    if other:
        raise SceneError(
            f"The bone {other[0]} of {armature.name} does not turn by quaternions any more.",
            "Set its rotation mode to Quaternion.",
        )


def _key_frames(keys: dict[tuple[str, int], FloatArray]) -> FloatArray:
    """Return the frames at which any bone has a key, increasing, each once."""
    of_bones = [coordinates[:, 0] for (path, _), coordinates in keys.items() if path.startswith("pose.bones[")]
    if not of_bones:
        return np.empty(0)
    if all(np.array_equal(frames, of_bones[0]) for frames in of_bones):
        return of_bones[0]
    found = np.unique(np.concatenate(of_bones))
    return found[np.diff(found, prepend=-np.inf) > SAME_FRAME]


def _coordinates(curve: Any) -> FloatArray:
    coordinates = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", coordinates)
    return coordinates.reshape(-1, 2).astype(np.float64)


def _sample(curve: Any, keys: FloatArray, frames: FloatArray) -> FloatArray:
    """Return a curve's values (T,); where its keys (K, 2) lie on the frames, they are the values."""
    if len(keys) == len(frames) and np.abs(keys[:, 0] - frames).max() <= SAME_FRAME:
        return keys[:, 1]
    # In single precision, as keys are: one on the very frame counts.
    return np.array([curve.evaluate(frame) for frame in frames.astype(np.float32).tolist()])


def _channels(
    bone: Any, channel: str, size: int, sampled: dict[tuple[str, int], FloatArray], frame_count: int
) -> FloatArray:
    """Return a bone's channel (T, size): its curves, and where it has none what it is set to."""
    path, fixed = f'pose.bones["{bone.name}"].{channel}', getattr(bone, channel)
    missing = np.ones(frame_count)
    return np.stack([sampled.get((path, index), fixed[index] * missing) for index in range(size)], axis=1)


def _local_turns(
    armature: Any, sampled: dict[tuple[str, int], FloatArray], frame_count: int, axes: FloatArray
) -> list[FloatArray]:
    """Return each joint's local rotations (T, 3, 3) in the world's axes; `axes` (24, 3, 3) are the bones' own there."""
    turns = []
    for name, own in zip(JOINT_NAMES, axes, strict=True):
        quats = _channels(armature.pose.bones[name], "rotation_quaternion", 4, sampled, frame_count)
        # Seen in other axes, a rotation keeps its angle, and its axis is turned.
        turns.append(quat_wxyz_to_rotmat(np.concatenate([quats[:, :1], quats[:, 1:] @ own.T], axis=1)))
    return turns


def _pose(local: list[FloatArray], rest: FloatArray, pelvis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return global rotations (T, 24, 3, 3) and joints (T, 24, 3) of local ones, of joints at rest (24, 3)."""
    turns, joints = [local[0]], [pelvis]
    for joint in range(1, JOINT_COUNT):
        parent = PARENTS[joint]
        joints.append(joints[parent] + turns[parent] @ (rest[joint] - rest[parent]))
        turns.append(turns[parent] @ local[joint])
    # One joint's frames lie side by side in memory: they are worked on together.
    return np.swapaxes(np.stack(turns), 0, 1), np.swapaxes(np.stack(joints), 0, 1)


def _contacts(sampled: dict[tuple[str, int], FloatArray]) -> NDArray[np.bool_] | None:
    columns = [sampled.get((contact_path(name), 0)) for name in CONTACT_PROPERTIES]
    known = [column > STANDS for column in columns if column is not None]
    return np.stack(known, axis=1) if len(known) == len(columns) else None
