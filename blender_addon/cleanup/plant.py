"""One foot that stands: the move and the turn that hold heel and toe still, and how they fade. numpy only."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ...core.segments import true_runs
from ..axes import FloatArray
from .filters import smoothstep

LARGEST_MOVE_M: Final = 0.15
"""A foot that would have to move further did not stand."""

NEAR_FLOOR_M: Final = 0.05
"""A foot that stands this near to the floor stands on it; one that stands higher stands on a step, say."""


@dataclass(frozen=True)
class Plant:
    """What holds one foot over T frames.

    Attributes:
        turn_rotmat: (T, 3, 3) to put before the foot's rotation.
        move: (T, 3) metres; of full size wherever `weight` is above 0.
        weight: (T,) 1 where the foot stands, fading to 0 around.
        refused: rows of contacts in which the foot moves too far to have stood.
    """

    turn_rotmat: FloatArray
    move: FloatArray
    weight: FloatArray
    refused: list[slice] = field(default_factory=list)


@dataclass(frozen=True)
class StandingFoot:
    """One foot over T frames in the world: ankle (T, 3), rotation (T, 3, 3), soles (T, 2, 3), which stand (T, 2).

    `places` are the frames' numbers (T,), increasing; missing numbers are short gaps.
    """

    ankle: FloatArray
    rotmat: FloatArray
    soles: FloatArray
    stands: NDArray[np.bool_]
    places: NDArray[np.int64]

    def plant(self, fade: int, splits: bool) -> Plant:
        """Return what holds the foot where it stands.

        Args:
            fade: frames over which the correction comes and goes.
            splits: hold a foot that drifts further than `LARGEST_MOVE_M` in pieces, rather than not at all.
        """
        foot, refused = self, []
        while True:
            turn_rotmat = rotvec_to_rotmat(foot._turns(fade))
            arms = (turn_rotmat[:, None] @ (foot.soles - foot.ankle[:, None])[..., None])[..., 0]
            move = hold_moves(foot.ankle[:, None] + arms, foot.stands)
            too_far = [rows for rows in true_runs(_any(foot.stands)) if _length(move[rows]) > LARGEST_MOVE_M]
            if not too_far:
                break
            # Anew without them: their turns must not reach the frames around either.
            foot, left_out = foot._without(too_far, fade, splits)
            refused += left_out
        move, weight = spread(move, _any(foot.stands), self.places, fade)
        return Plant(turn_rotmat, move, weight, refused)

    def _without(self, too_far: list[slice], fade: int, splits: bool) -> tuple["StandingFoot", list[slice]]:
        """Return the foot with these runs split or left out, and those that are left out."""
        stands, left_out = self.stands.copy(), []
        for rows in too_far:
            middle = (rows.start + rows.stop) // 2
            if splits and rows.stop - rows.start > 4 * fade:
                stands[middle - fade // 2 : middle + fade // 2 + 1] = False
            else:
                stands[rows] = False
                left_out.append(rows)
        return replace(self, stands=stands), left_out

    def _turns(self, fade: int) -> FloatArray:
        """Return rotation vectors (T, 3) that keep the foot from turning while heel and toe both stand."""
        turn: FloatArray = np.zeros((len(self.ankle), 3))
        is_flat: NDArray[np.bool_] = np.asarray(self.stands.all(axis=1), np.bool_)
        runs = true_runs(is_flat)
        if runs:
            # All runs at once: a long clip has thousands.
            middles = np.concatenate([np.full(run.stop - run.start, (run.start + run.stop) // 2) for run in runs])
            relative = rotmat_to_rotvec(self.rotmat[is_flat] @ np.swapaxes(self.rotmat[middles], 1, 2))
            lengths = np.array([run.stop - run.start for run in runs])
            starts = np.cumsum(lengths) - lengths
            mean = np.repeat(np.add.reduceat(relative, starts) / lengths[:, None], lengths, axis=0)
            target = rotvec_to_rotmat(mean) @ self.rotmat[middles]
            turn[is_flat] = rotmat_to_rotvec(target @ np.swapaxes(self.rotmat[is_flat], 1, 2))
        turn, weight = spread(turn, is_flat, self.places, fade)
        faded: FloatArray = turn * weight[:, None]
        return faded


def _any(stands: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return in which frames (T,) a part of the foot stands, of (T, 2)."""
    return np.asarray(stands.any(axis=1), np.bool_)


def hold_moves(soles: FloatArray, stands: NDArray[np.bool_]) -> FloatArray:
    """Return moves (T, 3) that hold heel and toe (T, 2, 3) still while they stand (T, 2), zero where neither does.

    The foot rolls from heel to toe: what stands longest sets its own place, on the floor where it is near to it. From
    there, one after the other, the others' places follow from the frames in which two stand together, so that nothing
    jumps when one of them lifts.
    """
    moves, is_known = np.zeros((len(soles), 3)), np.zeros(len(soles), bool)
    runs = [(part, run) for part in range(stands.shape[1]) for run in true_runs(stands[:, part])]
    runs.sort(key=lambda found: found[1].start - found[1].stop)
    waiting: dict[int, list[tuple[int, slice]]] = {spell.start: [] for spell in true_runs(_any(stands))}
    starts = np.array(list(waiting))
    for found in runs:
        waiting[int(starts[np.searchsorted(starts, found[1].start, side="right") - 1])].append(found)
    for of_spell in waiting.values():
        while of_spell:
            following = next((found for found in of_spell if is_known[found[1]].any()), of_spell[0])
            of_spell.remove(following)
            _hold_run(moves, is_known, soles, *following)
    return moves


def _hold_run(moves: FloatArray, is_known: NDArray[np.bool_], soles: FloatArray, part: int, run: slice) -> None:
    """Add the moves that hold one part in one run; frames whose moves are known keep them."""
    is_shared = is_known[run].copy()
    if is_shared.all():
        return
    places = soles[run, part] + moves[run]
    if is_shared.any():
        place = _middle(places[is_shared])
        moves[run] = np.where(is_shared[:, None], moves[run], place - soles[run, part])
    else:
        place = _middle(places)
        place[2] = 0.0 if abs(place[2]) < NEAR_FLOOR_M else place[2]
        moves[run] = place - soles[run, part]
    is_known[run] = True


def _middle(places: FloatArray) -> FloatArray:
    """Return the upper median (3,) of places (F, 3): ten times as fast as numpy's, which counts with thousands."""
    middle: FloatArray = np.sort(places, axis=0)[len(places) // 2].copy()
    return middle


def _length(moves: FloatArray) -> float:
    return float(np.sqrt(np.square(moves).sum(axis=1).max()))


def spread(
    values: FloatArray, is_known: NDArray[np.bool_], places: NDArray[np.int64], fade: int
) -> tuple[FloatArray, FloatArray]:
    """Return values (T, C) carried on from the known frames to all others, and weights (T,), 1 at known frames.

    Between two known frames the values go from one to the other; the weights fall to 0 within `fade` frames.
    """
    known = np.flatnonzero(is_known)
    if not len(known):
        return np.zeros_like(values), np.zeros(len(values))
    frames = np.arange(len(values))
    following = np.searchsorted(known, frames)
    after = known[following.clip(max=len(known) - 1)]
    before = np.where(is_known, frames, known[(following - 1).clip(min=0)])
    far = 2 * (fade + 1) + int(places[-1] - places[0])
    to_after = np.where(after >= frames, places[after] - places, far)
    to_before = np.where(before <= frames, places - places[before], far)
    before, after = np.where(before <= frames, before, after), np.where(after >= frames, after, before)
    share = smoothstep(to_before / np.maximum(to_before + to_after, 1))[:, None]
    carried: FloatArray = (1 - share) * values[before] + share * values[after]
    weight = smoothstep(1 - np.minimum(to_before, to_after) / (fade + 1))
    return np.where(is_known[:, None], values, carried), weight
