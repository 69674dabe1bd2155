"""Feet of the target that would be in the floor are lifted out of it: its feet are of another form. numpy only.

The pelvis takes up most of it, smoothly; hip and knee do the rest.
"""

from typing import Final

import numpy as np

from .foot_parts import standing_heights, target_parts
from .leg_moving import SIDES, move_ankles
from .rig import FloatArray
from .series import smooth
from .transfer import Transfer

SUNK_M: Final = 1e-3
LIFTS: Final = 3
"""A leg that is nearly straight follows a move by half at first, so that its knee does not snap."""

AFFECTED_BELOW_M: Final = 0.2
"""When the pelvis is lifted, feet lower than this stay down, the lower the more."""


def lift_feet(transfer: Transfer, reach: int) -> Transfer:
    """Return the motion with no heel or toe lower than when the target stands.

    Args:
        reach: frames over which the pelvis moves, to either side.
    """
    for _ in range(LIFTS):
        heights = np.stack([_height(transfer, side) for side in SIDES])
        depths = np.maximum(-heights, 0.0)
        if depths.max() < SUNK_M:
            break
        transfer = _lift(transfer, heights, depths, reach)
    return transfer


def _height(transfer: Transfer, side: str) -> FloatArray:
    """Return how high (T,) the lower one of heel and toe is above where it stands."""
    parts = target_parts(transfer, side, transfer.places()[f"{side}_ankle"])
    lowest: FloatArray = (parts @ transfer.source.up - standing_heights(transfer, side)).min(axis=1)
    return lowest


def _lift(transfer: Transfer, heights: FloatArray, depths: FloatArray, reach: int) -> Transfer:
    """Return the motion with both feet moved up by their depths (2, T), the pelvis by the larger ones, smoothly."""
    up = transfer.source.up
    shared = smooth(depths.max(axis=0)[:, None], reach)
    moved = transfer.with_pose(transfer.pose.turns, transfer.pose.shift + shared * up)
    places, goals = moved.places(), {}
    for side, height, depth in zip(SIDES, heights, depths, strict=True):
        # A foot that is high goes up with the pelvis.
        stays = np.clip(1 - height / AFFECTED_BELOW_M, 0.0, 1.0)
        goals[side] = places[f"{side}_ankle"] + ((depth - shared[:, 0]) * stays)[:, None] * up
    return move_ankles(moved, goals)
