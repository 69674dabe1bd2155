"""Feet that stand in the source stand still on the target too: other proportions let them slide otherwise.

Heel and toe get one place for each time that they touch the ground. What both feet agree on, the pelvis takes up,
smoothly; hip and knee do the rest. Before and after a contact the correction fades, so no knee pops. At last no foot is
left in the floor. numpy only.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from ...core.foot_spells import add_faded, spell_moves, spells
from .foot_lifting import lift_feet
from .foot_parts import slow_parts, target_parts, wanted_heights
from .leg_moving import SIDES, move_ankles
from .rig import BoolArray, FloatArray
from .series import smooth
from .transfer import Transfer

SHORTEST_CONTACT_S: Final = 0.1
FADE_S: Final = 0.15
LONGEST_GAP_S: Final = 0.5
PELVIS_SMOOTHING_S: Final = 0.15
LONGEST_REACH: Final = 0.994
"""Share of the leg's length beyond which the pelvis comes down rather than the knee going straight: near there a few
millimetres are many degrees at the knee, which pops."""


def can_pin(transfer: Transfer) -> bool:
    """True where the target has both legs."""
    needed = {"pelvis", *(f"{side}_{part}" for side in SIDES for part in ("hip", "knee", "ankle"))}
    return needed <= set(transfer.carriage.points)


def pin_feet(transfer: Transfer, feet_stand: BoolArray, frames: FloatArray, rate_hz: float) -> Transfer:
    """Return the motion with standing feet held still, at the height above the floor that the source's have.

    Args:
        feet_stand: (T, 2) left and right.
        frames: (T,) scene frames; nothing is held across a long gap.
        rate_hz: of the capture.
    """
    cuts = _long_gaps(frames, rate_hz)
    pieces = [
        _pin_piece(transfer.rows(slice(first, end)), feet_stand[first:end], rate_hz)
        for first, end in pairwise([0, *cuts, len(frames)])
    ]
    turns = {joint: np.concatenate([piece.pose.turns[joint] for piece in pieces]) for joint in transfer.pose.turns}
    return transfer.with_pose(turns, np.concatenate([piece.pose.shift for piece in pieces]))


def _long_gaps(frames: FloatArray, rate_hz: float) -> list[int]:
    """Return the rows before which the capture has a long gap."""
    steps = np.diff(frames)
    if not len(steps):
        return []
    return [int(row) + 1 for row in np.flatnonzero(steps > LONGEST_GAP_S * rate_hz * np.median(steps))]


def _pin_piece(transfer: Transfer, feet_stand: BoolArray, rate_hz: float) -> Transfer:
    """Return `pin_feet` of frames without a long gap."""
    fade, shortest = max(round(FADE_S * rate_hz), 1), max(round(SHORTEST_CONTACT_S * rate_hz), 2)
    places = transfer.places()
    moves, weights = [], []
    for side, foot_stands in zip(SIDES, feet_stand.T, strict=True):
        stands = foot_stands[:, None] & slow_parts(transfer, side, rate_hz)
        move, weight = _foot_moves(transfer, places, side, stands, shortest, fade)
        moves.append(move)
        weights.append(weight)
    wanted = [places[f"{side}_ankle"] + move for side, move in zip(SIDES, moves, strict=True)]
    shared = _shared_move(np.stack(moves), np.stack(weights), max(round(PELVIS_SMOOTHING_S * rate_hz), 1))
    goals = [
        # A foot that does not stand goes along with the pelvis.
        goal + shared * (1 - weight[:, None])
        for goal, weight in zip(wanted, weights, strict=True)
    ]
    shared = shared - _lowering(transfer, places, goals, weights, shared, fade)[:, None] * transfer.source.up
    moved = transfer.with_pose(transfer.pose.turns, transfer.pose.shift + shared)
    moved = move_ankles(moved, dict(zip(SIDES, goals, strict=True)))
    return lift_feet(moved, max(round(PELVIS_SMOOTHING_S * rate_hz), 1))


def _foot_moves(
    transfer: Transfer, places: dict[str, FloatArray], side: str, stands: BoolArray, shortest: int, fade: int
) -> tuple[FloatArray, FloatArray]:
    """Return the moves (T, 3) that hold a foot, and how much it stands (T,)."""
    ankle = places[f"{side}_ankle"]
    parts, heights = target_parts(transfer, side, ankle), wanted_heights(transfer, side)
    move, weight = np.zeros_like(ankle), np.zeros(len(ankle))
    for first, end in spells(stands[:, 0] | stands[:, 1], min(shortest, len(stands))):
        offsets = spell_moves(parts[first:end], stands[first:end], heights[first:end], transfer.source.up)
        add_faded(move, offsets, first, end, fade)
        add_faded(weight[:, None], np.ones((end - first, 1)), first, end, fade)
    # Where two fades overlap, the foot is between both places.
    return move / np.maximum(weight, 1.0)[:, None], np.minimum(weight, 1.0)


def _shared_move(moves: FloatArray, weights: FloatArray, reach: int) -> FloatArray:
    """Return what the pelvis moves (T, 3): the mean of the feet's moves (2, T, 3) by their weights (2, T), smooth."""
    total = weights.sum(axis=0)
    known = np.flatnonzero(total > 1e-3)
    if not len(known):
        return np.zeros(moves.shape[1:])
    mean = (moves * weights[..., None]).sum(axis=0)[known] / total[known, None]
    frames = np.arange(len(total))
    # Between two contacts the pelvis goes from one correction to the next.
    filled = np.stack([np.interp(frames, known, mean[:, axis]) for axis in range(3)], axis=1)
    return smooth(filled, reach)


def _lowering(
    transfer: Transfer,
    places: dict[str, FloatArray],
    goals: Sequence[FloatArray],
    weights: Sequence[FloatArray],
    shared: FloatArray,
    fade: int,
) -> FloatArray:
    """Return how far down the pelvis has to come (T,) so that both standing feet are within reach, smooth in time."""
    up, needed = transfer.source.up, np.zeros(len(shared))
    for side, goal, weight in zip(SIDES, goals, weights, strict=True):
        hip, knee, ankle = (places[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
        length = np.linalg.norm(knee - hip, axis=1) + np.linalg.norm(ankle - knee, axis=1)
        reach = LONGEST_REACH * length
        leg = goal - (hip + shared)
        down = -(leg @ up)
        level = np.linalg.norm(leg + down[:, None] * up, axis=1)
        span = np.sqrt(np.maximum(np.square(reach) - np.square(level), 0.0))
        needed = np.maximum(needed, weight * np.maximum(down - span, 0.0))
    widest = np.max([np.roll(np.pad(needed, fade), step)[fade:-fade] for step in range(-fade, fade + 1)], axis=0)
    return smooth(widest[:, None], fade)[:, 0]
