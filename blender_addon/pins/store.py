"""Between the pins of an armature object (`object.jointwise_pins`) and plain values. No bpy."""

from itertools import pairwise
from typing import Any

import numpy as np

from ...core.errors import SceneError
from ...core.skeleton import JOINT_NAMES
from ..axes import FloatArray
from .pin import Pin, PinPlan


def load_plan(armature: Any, row_count: int) -> PinPlan:
    """Return the pins of an armature that are not muted.

    Args:
        row_count: of its capture.
    Raises:
        SceneError: a pin, perhaps made by a script, has no pose or stands on no row of the capture.
    """
    group = armature.jointwise_pins
    pins = sorted((_load_pin(item, row_count) for item in group.pins if not item.muted), key=lambda pin: pin.row)
    for before, after in pairwise(pins):
        if before.row == after.row:
            raise SceneError(f"Two pins stand on row {after.row} of the motion.", "Remove or mute one of them.")
    return PinPlan(tuple(pins), float(group.reach_s), bool(group.keep_feet))


def has_pins(armature: Any) -> bool:
    """True while a pin counts."""
    return any(not item.muted for item in armature.jointwise_pins.pins)


def save_pin(armature: Any, pin: Pin) -> int:
    """Add a pin, or what it pins to the one in the same row, which is no longer muted then; return its number."""
    items = armature.jointwise_pins.pins
    number = next((number for number, item in enumerate(items) if item.row == pin.row), None)
    if number is None:
        items.add().row = pin.row
        # The list is in the order of time.
        number = sum(item.row < pin.row for item in items)
        items.move(len(items) - 1, number)
    item = items[number]
    by_joint = {bone.joint: bone for bone in item.bones}
    for joint, quat in sorted(pin.quats_wxyz.items()):
        bone = by_joint.get(joint)
        if bone is None:
            bone = item.bones.add()
            bone.joint = joint
        bone.rotation = quat.tolist()
    if pin.pelvis is not None:
        item.has_place, item.place = True, pin.pelvis.tolist()
    if item.muted:
        item.muted = False
    return number


def _load_pin(item: Any, row_count: int) -> Pin:
    if not 0 <= item.row < row_count:
        raise SceneError(
            f"A pin stands on row {item.row}, but the motion has the rows 0 to {row_count - 1}.", "Remove that pin."
        )
    quats = {bone.joint: _unit_quat(bone, item.row) for bone in item.bones}
    return Pin(item.row, quats, np.array(item.place, np.float64) if item.has_place else None)


def _unit_quat(bone: Any, row: int) -> FloatArray:
    quat = np.array(bone.rotation, np.float64)
    length = np.linalg.norm(quat)
    if not np.isfinite(length) or length < 1e-6:
        name = JOINT_NAMES[bone.joint]
        raise SceneError(f"The pin on row {row} has no rotation for {name}.", "Remove that pin.")
    unit: FloatArray = quat / length
    return unit
