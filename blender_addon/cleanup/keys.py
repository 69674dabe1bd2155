"""Puts a cleaned motion into the armature's action: values in bulk, curves that come and go with their limbs."""

import zlib
from collections.abc import Collection
from typing import Any, Final

import numpy as np

from ...core.errors import SceneError
from ...core.skeleton import JOINT_NAMES
from ..axes import FloatArray
from ..compat import (
    ActionCurves,
    assign_action,
    assign_new_action,
    current_action_curves,
    current_fcurves,
    is_action_shared,
    slot_identifier,
)
from ..keyframes import write_keys

ROOT: Final = JOINT_NAMES[0]
LOCATION_PATH: Final = f'pose.bones["{ROOT}"].location'


def rotation_path(joint: int) -> str:
    """Return the data path of a bone's rotation."""
    return f'pose.bones["{JOINT_NAMES[joint]}"].rotation_quaternion'


def own_curves(armature: Any) -> ActionCurves:
    """Return the armature's f-curves, in an action that nothing else uses: a copied object gets one of its own.

    Raises:
        SceneError: armature or action come from another file.
    """
    curves = current_action_curves(armature)
    if armature.library is not None or (curves is not None and curves.action.library is not None):
        raise SceneError(f"{armature.name} is linked from another file.", "Make it and its action local first.")
    if curves is None:
        return assign_new_action(armature, armature.name)
    if not is_action_shared(armature):
        return curves
    assign_action(armature, curves.action.copy(), slot_identifier(armature))
    return current_action_curves(armature) or assign_new_action(armature, armature.name)


def keyed_frames(armature: Any) -> FloatArray | None:
    """Return the scene frames (M,) of the root's keys; None where there are none."""
    for curve in current_fcurves(armature):
        if curve.data_path == LOCATION_PATH and len(curve.keyframe_points):
            return _coordinates(curve)[0::2].astype(np.float64)
    return None


def write_motion(
    curves: ActionCurves, frames: FloatArray, quats_wxyz: FloatArray, location: FloatArray, unkeyed: Collection[int]
) -> int:
    """Write rotations (M, 24, 4) and the root's location (M, 3) at scene frames (M,), but for the joints `unkeyed`.

    Returns:
        A number that stands for the values that were written; see `edits`.
    """
    existing = {(curve.data_path, curve.array_index): curve for curve in curves.container.fcurves}
    coordinates = np.empty((len(frames), 2), np.float32)
    coordinates[:, 0] = frames
    digest = 0
    for joint, name in enumerate(JOINT_NAMES):
        if joint in unkeyed:
            continue
        for component in range(4):
            path = rotation_path(joint)
            curve = existing.get((path, component)) or curves.new(path, component, name)
            digest = _replace_keys(curve, coordinates, quats_wxyz[:, joint, component], digest)
    for axis in range(3):
        curve = existing.get((LOCATION_PATH, axis)) or curves.new(LOCATION_PATH, axis, ROOT)
        digest = _replace_keys(curve, coordinates, location[:, axis], digest)
    return digest


def read_motion(curves: ActionCurves, frame_count: int) -> tuple[FloatArray, FloatArray] | None:
    """Return the keys' rotations (M, 24, 4) and locations (M, 3), float32; joints without curves are at rest.

    None where a curve has another number of keys than `frame_count`.
    """
    quats, location = np.zeros((frame_count, len(JOINT_NAMES), 4), np.float32), np.zeros((frame_count, 3), np.float32)
    quats[..., 0] = 1.0
    columns = {(LOCATION_PATH, axis): location[:, axis] for axis in range(3)}
    for joint in range(len(JOINT_NAMES)):
        columns |= {(rotation_path(joint), part): quats[:, joint, part] for part in range(4)}
    for curve in curves.container.fcurves:
        column = columns.get((curve.data_path, curve.array_index))
        if column is None:
            continue
        if len(curve.keyframe_points) != frame_count:
            return None
        column[:] = _coordinates(curve)[1::2]
    return quats, location


def add_to_digest(digest: int, values: FloatArray) -> int:
    """Return the digest of keys' values, float32 (M,), after those of the digest so far."""
    return zlib.crc32(values.tobytes(), digest)


def drop_keys(armature: Any, curves: ActionCurves, joints: Collection[int]) -> None:
    """Take the rotation curves of joints away and put their bones at rest."""
    paths = {rotation_path(joint) for joint in joints}
    for curve in [curve for curve in curves.container.fcurves if curve.data_path in paths]:
        curves.container.fcurves.remove(curve)
    for joint in joints:
        armature.pose.bones[JOINT_NAMES[joint]].rotation_quaternion = (1.0, 0.0, 0.0, 0.0)


def _replace_keys(curve: Any, coordinates: FloatArray, values: FloatArray, digest: int) -> int:
    """Give a curve the keys (M, 2) with these values (M,); one with as many keys keeps them, and so their kinds.

    Returns:
        The digest with these values added.
    """
    points = curve.keyframe_points
    coordinates[:, 1] = values
    if len(points) == len(coordinates):
        points.foreach_set("co", coordinates.ravel())
        curve.update()
    else:
        points.clear()
        write_keys(curve, coordinates[:, 0], coordinates[:, 1])
    return add_to_digest(digest, coordinates[:, 1])


def _coordinates(curve: Any) -> FloatArray:
    coordinates = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", coordinates)
    return coordinates
