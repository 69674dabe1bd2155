"""Moves ankles to wanted places by hip and knee: analytic two-bone inverse kinematics that keeps the knee's plane.

Contract file: numpy only; the add-on's cleanup uses it too.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .rotations import rotvec_to_rotmat

FloatArray = NDArray[np.floating[Any]]

SOFT_FROM: Final = 0.97
"""Share of the leg's length beyond which it stretches less and less: a knee never snaps straight."""
STRAIGHT: Final = 1e-2
"""Sine of the knee's bend below which its own hinge decides the plane, and no longer the leg's shape."""


def bend_leg(
    hip: FloatArray, knee: FloatArray, ankle: FloatArray, hinge: FloatArray, target: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return global rotations (T, 3, 3) to put before those of thigh and shin, so that the ankle comes near its target.

    Args:
        hip, knee, ankle: (T, 3) where they are, metres.
        hinge: (T, 3) unit vector that the shin turns back about, for a leg that is straight.
        target: (T, 3) where the ankle should be; where it is the ankle itself, both rotations are the identity.
    Note: the distance from hip to ankle changes softly near full length, so a far target is not quite reached.
    """
    thigh, shin, leg = knee - hip, ankle - knee, ankle - hip
    upper, lower = (np.linalg.norm(bone, axis=-1) for bone in (thigh, shin))
    distance, wanted = np.linalg.norm(leg, axis=-1), np.linalg.norm(target - hip, axis=-1)
    length = upper + lower
    reached = distance + _soft(wanted, length) - _soft(distance, length)
    reached = np.clip(reached, np.abs(upper - lower) + 0.01 * length, 0.9999 * length)
    reached = np.where(np.abs(wanted - distance) < 1e-9, distance, reached)
    opening = _knee_angle(upper, lower, reached) - _knee_angle(upper, lower, distance)
    axis = np.cross(thigh, shin) + (STRAIGHT * upper * lower)[:, None] * hinge
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    # A wider angle at the knee turns the shin forward, against the hinge.
    at_knee = rotvec_to_rotmat(-opening[:, None] * axis)
    bent = thigh + (at_knee @ shin[..., None])[..., 0]
    at_hip = shortest_arc(bent, target - hip)
    return at_hip, at_hip @ at_knee


def shortest_arc(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the smallest rotations (T, 3, 3) that turn the directions (T, 3) of `start` to those of `end`."""
    a, b = (values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12) for values in (start, end))
    cross = np.cross(a, b)
    sine, cosine = np.linalg.norm(cross, axis=-1), (a * b).sum(axis=-1)
    angle = np.arctan2(sine, cosine)
    scale = np.where(sine > 1e-12, angle / np.maximum(sine, 1e-12), 1.0)
    return rotvec_to_rotmat(cross * scale[:, None])


def _soft(distance: FloatArray, length: FloatArray) -> FloatArray:
    """Return the distance as it is up to a share of the length, then ever closer to the length."""
    start = SOFT_FROM * length
    rest = length - start
    beyond = np.maximum(distance - start, 0.0)
    softened: FloatArray = np.where(distance > start, start + rest * (1 - np.exp(-beyond / rest)), distance)
    return softened


def _knee_angle(upper: FloatArray, lower: FloatArray, distance: FloatArray) -> FloatArray:
    """Return the angle between the bones (T,), radians, pi where the leg is straight."""
    cosine = (np.square(upper) + np.square(lower) - np.square(distance)) / (2 * upper * lower)
    angle: FloatArray = np.arccos(np.clip(cosine, -1, 1))
    return angle
