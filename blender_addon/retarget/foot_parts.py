"""Heel and toe of the source's and the target's feet: where they are, which of them stands, how high. numpy only."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .joints import INDEX
from .rig import BoolArray, FloatArray
from .transfer import Transfer

SLOW_M_S: Final = 0.15
"""Of a foot that stands, the slower one of heel and toe does, and the other too unless it is this much faster."""
HEEL_SHARE: Final = 0.35
"""How far the heel lies behind the ankle, as a share of the way from ankle to toe over the ground."""


@dataclass(frozen=True)
class Foot:
    """A foot's two parts as seen from its ankle.

    Attributes:
        arms: (2, 3) from ankle to heel and toe on the target at rest, armature axes, metres.
        source_arms: (2, 3) the same on the source.
    """

    arms: FloatArray
    source_arms: FloatArray


def find_foot(transfer: Transfer, side: str) -> Foot:
    """Return a foot's parts; a rig without toes gets them where the source's are."""
    source, up = transfer.source.rest, transfer.source.up
    source_toe = source[INDEX[f"{side}_foot"]] - source[INDEX[f"{side}_ankle"]]
    turn = transfer.alignment.corrections[f"{side}_ankle"]
    points = transfer.carriage.points
    if f"{side}_foot" in points:
        toe = turn @ (points[f"{side}_foot"].rest - points[f"{side}_ankle"].rest)
    else:
        toe = transfer.leg_ratio * source_toe
    arms = np.stack([_heel(toe, up), toe])
    return Foot(arms @ turn, np.stack([_heel(source_toe, up), source_toe]))


def _heel(toe: FloatArray, up: FloatArray) -> FloatArray:
    """Return the heel as seen from the ankle of a standing foot, as low as the toe."""
    height = float(toe @ up)
    heel: FloatArray = height * up - HEEL_SHARE * (toe - height * up)
    return heel


def target_parts(transfer: Transfer, side: str, ankle: FloatArray) -> FloatArray:
    """Return where the target's heel and toe are (T, 2, 3), its ankle being at (T, 3)."""
    arms = find_foot(transfer, side).arms @ np.swapaxes(transfer.pose.turns[f"{side}_ankle"], 1, 2)
    parts: FloatArray = ankle[:, None] + arms
    return parts


def _source_parts(transfer: Transfer, side: str) -> FloatArray:
    """Return where the source's heel and toe are (T, 2, 3)."""
    source, ankle = transfer.source, INDEX[f"{side}_ankle"]
    arms = find_foot(transfer, side).source_arms @ np.swapaxes(source.turns[:, ankle], 1, 2)
    parts: FloatArray = source.joints[:, ankle, None] + arms
    return parts


def slow_parts(transfer: Transfer, side: str, rate_hz: float) -> BoolArray:
    """Return which of the source's heel and toe (T, 2) are slow enough to stand; one of them always is."""
    parts = _source_parts(transfer, side)
    if len(parts) < 2:
        return np.ones(parts.shape[:2], bool)
    speed_m_s = np.linalg.norm(np.gradient(parts, axis=0), axis=2) * rate_hz
    slow: BoolArray = speed_m_s <= speed_m_s.min(axis=1, keepdims=True) + SLOW_M_S
    return slow


def wanted_heights(transfer: Transfer, side: str) -> FloatArray:
    """Return how high heel and toe (T, 2) should be: as far above the floor as the source's, to scale."""
    source, up, ankle = transfer.source, transfer.source.up, INDEX[f"{side}_ankle"]
    foot = find_foot(transfer, side)
    lift = (_source_parts(transfer, side) - (source.rest[ankle] + foot.source_arms)) @ up
    heights: FloatArray = standing_heights(transfer, side) + transfer.leg_ratio * lift
    return heights


def standing_heights(transfer: Transfer, side: str) -> FloatArray:
    """Return how high heel and toe (2,) are while the target stands."""
    pose, foot = transfer.standing, find_foot(transfer, side)
    ankle = transfer.carriage.places(pose.turns, pose.shift)[f"{side}_ankle"][0]
    heights: FloatArray = (ankle + foot.arms @ pose.turns[f"{side}_ankle"][0].T) @ transfer.source.up
    return heights
