"""Moving the target's ankles by hip and knee alone. numpy only."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ...core.leg_ik import bend_leg
from .joints import INDEX
from .rig import FloatArray
from .transfer import Transfer

SIDES: Final = ("left", "right")


def move_ankles(transfer: Transfer, goals: Mapping[str, FloatArray]) -> Transfer:
    """Return the motion with the ankles at goals (T, 3) by side; the feet keep their rotations, the pelvis its place.

    Note: a goal out of reach is approached as far as the leg is long.
    """
    places, turns = transfer.places(), dict(transfer.pose.turns)
    for side, goal in goals.items():
        hip, knee, ankle = (places[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
        at_hip, at_knee = bend_leg(hip, knee, ankle, _hinge(transfer, side), goal)
        turns[f"{side}_hip"] = at_hip @ turns[f"{side}_hip"]
        turns[f"{side}_knee"] = at_knee @ turns[f"{side}_knee"]
    return transfer.with_pose(turns, transfer.pose.shift)


def _hinge(transfer: Transfer, side: str) -> FloatArray:
    """Return the axis (T, 3) that the shin turns back about: the source's left, turned as its thigh is."""
    rest = transfer.source.rest
    left = rest[INDEX["left_hip"]] - rest[INDEX["right_hip"]]
    axis: FloatArray = transfer.source.turns[:, INDEX[f"{side}_hip"]] @ (left / np.linalg.norm(left))
    return axis
