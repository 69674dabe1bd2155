"""Rotations in a pose bone's own mode: quaternion, axis and angle, or Euler angles in any order, continuous in time."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.rotations import continuous_quat_wxyz, rotmat_to_quat_wxyz

FloatArray = NDArray[np.floating[Any]]

CHANNELS: Final = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
"""The property that holds a mode's values; `rotation_euler` for all others."""

STRAIGHT: Final = 1e-9
TURN: Final = 2 * np.pi


def rotation_channel(mode: str) -> str:
    """Return the pose bone's property for a rotation mode."""
    return CHANNELS.get(mode, "rotation_euler")


def rotation_values(rotmat: FloatArray, mode: str) -> FloatArray:
    """Return rotations (T, 3, 3) as the values (T, 4 or 3) of a mode's property, without jumps in time."""
    quats = continuous_quat_wxyz(rotmat_to_quat_wxyz(rotmat))
    if mode == "QUATERNION":
        return quats
    return _axis_angle(quats) if mode == "AXIS_ANGLE" else continuous_euler(rotmat, mode)


def _axis_angle(quats: FloatArray) -> FloatArray:
    """Return angle and axis (T, 4) of quaternions (T, 4) that are continuous; the axis does not flip either."""
    vector = quats[:, 1:]
    size = np.linalg.norm(vector, axis=1)
    known = size > STRAIGHT
    axes = np.tile([0.0, 1.0, 0.0], (len(quats), 1))
    if known.any():
        # Without a turn any axis will do, so the last one stays.
        latest = np.maximum.accumulate(np.where(known, np.arange(len(quats)), -1))
        latest = np.where(latest < 0, np.flatnonzero(known)[0], latest)
        axes = (vector / np.maximum(size, STRAIGHT)[:, None])[latest]
    flips = np.cumprod(np.concatenate([[1.0], np.where((axes[1:] * axes[:-1]).sum(axis=1) < 0, -1.0, 1.0)]))
    axes = axes * flips[:, None]
    angle = 2 * np.arctan2((vector * axes).sum(axis=1), quats[:, 0])
    return np.concatenate([np.unwrap(angle)[:, None], axes], axis=1)


def continuous_euler(rotmat: FloatArray, order: str) -> FloatArray:
    """Return Euler angles (T, 3), radians, as x, y, z whatever the order; neighbours in time are as near as can be.

    Args:
        order: Blender's, such as `XYZ`: the turn about the first letter's axis comes first.
    """
    i, j, k = ("XYZ".index(letter) for letter in order)
    parity = 1.0 if (j - i) % 3 == 1 else -1.0
    # rotmat = R_k R_j R_i; element (k, i) is -parity sin(angle_j).
    cosine = np.hypot(rotmat[:, i, i], rotmat[:, j, i])
    middle = np.arctan2(-parity * rotmat[:, k, i], cosine)
    first = np.arctan2(parity * rotmat[:, k, j], rotmat[:, k, k])
    last = np.arctan2(parity * rotmat[:, j, i], rotmat[:, i, i])
    locked = cosine < 1e-6
    first = np.where(locked, np.arctan2(-parity * rotmat[:, j, k], rotmat[:, j, j]), first)
    last = np.where(locked, 0.0, last)
    angles = np.empty((len(rotmat), 3))
    angles[:, [i, j, k]] = np.stack([first, middle, last], axis=1)
    other = np.empty_like(angles)
    other[:, [i, j, k]] = np.stack([first + np.pi, np.pi - middle, last + np.pi], axis=1)
    return _nearest_in_time(angles, other)


def _nearest_in_time(angles: FloatArray, other: FloatArray) -> FloatArray:
    """Return for each frame the one of two equal sets (T, 3), whole turns added, that is next to the frame before."""
    options = np.stack([angles, other])
    steps = options[None, :, 1:] - options[:, None, :-1]
    distance = np.abs(steps - TURN * np.round(steps / TURN)).sum(axis=-1)
    # From each of the two sets: is the other kind's next frame the nearer one?
    takes_other = (distance[:, 1] < distance[:, 0]).tolist()
    chosen = [int(np.abs(other[:1]).sum() < np.abs(angles[:1]).sum())]
    for frame in range(len(angles) - 1):
        chosen.append(int(takes_other[chosen[-1]][frame]))
    return np.unwrap(options[chosen, np.arange(len(angles))], axis=0)
