"""Foot contacts: which feet stand, holding them still, and lifting them out of the floor (z = 0). numpy only.

First the pelvis takes up, smoothly, what the feet agree on; hip, knee and ankle do the rest, so no knee pops.
"""

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.segments import Segment, split_at_gaps, true_runs
from ..axes import FloatArray
from .capture import RawCapture
from .filters import smooth_series
from .legs import LEGS, BodyMotion, Leg, PosedLeg, move_foot, pose_leg
from .plant import StandingFoot
from .settings import ContactMode

BoolArray = NDArray[np.bool_]

STANDS: Final = 0.5
SHORTEST_CONTACT_S: Final = 0.1
FADE_S: Final = 0.15
PELVIS_PERIOD_S: Final = 0.67
"""The pelvis takes up what is slower than a step; anything faster would shake the whole body."""

ALWAYS_BELOW_M: Final = 0.08
ALWAYS_SLOWER_M_S: Final = 0.8
"""A foot that swings forward close to the floor is at least twice as fast; estimated standing feet creep at 0.3."""

SUNK_M: Final = 1e-3
LIFTS: Final = 2
"""A leg that is nearly straight follows a move by half at first, so that its knee does not snap."""

AFFECTED_BELOW_M: Final = 0.1
"""When the pelvis is lifted, feet lower than this stay down, the lower the more."""


def detected_parts(contacts: FloatArray, frame_rate_hz: float) -> BoolArray:
    """Return which heels and toes (T, 4) stand, of contacts (T, 4) in 0..1; flickers are left out."""
    stands = contacts > STANDS
    shortest = max(round(SHORTEST_CONTACT_S * frame_rate_hz), 2)
    for column in stands.T:
        for run in true_runs(column):
            if run.stop - run.start < shortest:
                column[run] = False
    return stands


def detected_feet(contacts: FloatArray, frame_rate_hz: float) -> BoolArray:
    """Return which feet (T, 2), left and right, stand: what the contact curves show before anybody edits them."""
    return parts_by_foot(detected_parts(contacts, frame_rate_hz))


def parts_by_foot(parts: BoolArray) -> BoolArray:
    """Return which feet (T, 2) stand when these heels and toes (T, 4) do."""
    return np.stack([parts[:, leg.parts].any(axis=1) for leg in LEGS], axis=1)


def parts_of_feet(feet_stand: BoolArray, detected: BoolArray) -> BoolArray:
    """Return which heels and toes (T, 4) stand when the feet (T, 2) do: the detected ones, else the whole foot."""
    parts = np.empty_like(detected)
    for side, leg in enumerate(LEGS):
        of_leg = detected[:, leg.parts]
        parts[:, leg.parts] = feet_stand[:, side, None] & (of_leg | ~of_leg.any(axis=1, keepdims=True))
    return parts


def correct_feet(
    motion: BodyMotion, mode: ContactMode, feet_stand: BoolArray, capture: RawCapture, unseen: Collection[int]
) -> tuple[BodyMotion, int]:
    """Return the motion with its feet corrected, and how many contacts were left out as too far off.

    Args:
        feet_stand: (T, 2) left and right, for the mode `auto`.
        unseen: joints that are not keyed; their legs stay as they are.
    """
    legs = [leg for leg in LEGS if not {leg.hip, leg.knee, leg.ankle} & set(unseen)]
    if mode == "never" or not legs:
        return motion, 0
    motion, refused_count = motion.copy(), 0
    detected = detected_parts(capture.contacts, capture.frame_rate_hz)
    for segment in split_at_gaps(capture.frame_ids.astype(np.int64), capture.frame_rate_hz):
        part = _Feet(motion.rows(segment.rows), capture, segment, legs)
        if mode == "auto":
            stands = parts_of_feet(feet_stand[segment.rows], detected[segment.rows])
            refused_count += part.hold(stands, splits=False)
        elif mode == "always":
            part.hold(part.near_floor(), splits=True)
        for _ in range(LIFTS):
            part.lift()
    return motion, refused_count


def standing_feet(motion: BodyMotion, mode: ContactMode, feet_stand: BoolArray, capture: RawCapture) -> BoolArray:
    """Return which feet (T, 2) stand: for the mode `always` by the motion, else as given (T, 2)."""
    if mode != "always":
        return feet_stand
    stands = np.zeros_like(feet_stand)
    for segment in split_at_gaps(capture.frame_ids.astype(np.int64), capture.frame_rate_hz):
        parts = _Feet(motion.rows(segment.rows), capture, segment, list(LEGS)).near_floor()
        stands[segment.rows] = parts_by_foot(parts)
    return stands


class _Feet:
    """The feet in a segment without a long gap; changes its motion, which is part of the whole one, in place."""

    def __init__(self, motion: BodyMotion, capture: RawCapture, segment: Segment, legs: list[Leg]) -> None:
        self._motion, self._capture, self._segment, self._legs = motion, capture, segment, legs
        self._rate_hz = capture.frame_rate_hz

    def near_floor(self) -> BoolArray:
        """Return which heels and toes (T, 4) are slow and near the floor."""
        result = np.zeros((len(self._motion.pelvis), 4), bool)
        if len(result) < 2:
            return result
        for leg, posed in self._posed():
            velocity = np.gradient(posed.soles, self._segment.places / self._rate_hz, axis=0)
            is_slow = np.linalg.norm(velocity, axis=-1) < ALWAYS_SLOWER_M_S
            result[:, leg.parts] = is_slow & (posed.soles[..., 2] < ALWAYS_BELOW_M)
        return detected_parts(result.astype(np.float64), self._rate_hz)

    def hold(self, stands: BoolArray, splits: bool) -> int:
        """Hold heels and toes (T, 4) that stand; return how many contacts were refused."""
        fade, places = max(round(FADE_S * self._rate_hz), 1), self._segment.places
        posed = self._posed()
        plants = [
            StandingFoot(leg.ankle, leg.foot_rotmat, leg.soles, stands[:, of.parts], places).plant(fade, splits)
            for of, leg in posed
        ]
        moves, weights = np.stack([plant.move for plant in plants]), np.stack([plant.weight for plant in plants])
        shared = self._shared(moves, weights)
        for (leg, at), plant in zip(posed, plants, strict=True):
            # A foot that does not stand goes along with the pelvis.
            rest = (plant.move - shared) * plant.weight[:, None]
            move_foot(self._motion, leg, at, rest, plant.turn_rotmat)
        self._motion.pelvis += shared
        return sum(len(plant.refused) for plant in plants)

    def lift(self) -> None:
        """Lift the feet out of the floor."""
        posed = self._posed()
        lowest = np.stack([leg.lowest for _, leg in posed])
        depth = np.maximum(-lowest, 0.0)
        if depth.max() < SUNK_M:
            return
        shared = np.maximum(self._smooth(depth.max(axis=0)), 0.0)
        for (leg, at), height, lift in zip(posed, lowest, depth, strict=True):
            rest = np.zeros_like(self._motion.pelvis)
            rest[:, 2] = (lift - shared) * np.clip(1 - height / AFFECTED_BELOW_M, 0.0, 1.0)
            move_foot(self._motion, leg, at, rest, None)
        self._motion.pelvis[:, 2] += shared

    def _posed(self) -> list[tuple[Leg, PosedLeg]]:
        return [(leg, pose_leg(self._motion, leg, self._capture)) for leg in self._legs]

    def _shared(self, moves: FloatArray, weights: FloatArray) -> FloatArray:
        """Return what the pelvis moves (T, 3): the mean of the feet's moves (L, T, 3) by weights (L, T), smooth."""
        total = weights.sum(axis=0)
        known = total > 1e-3
        if not known.any():
            return np.zeros(moves.shape[1:])
        mean = (moves * weights[..., None]).sum(axis=0) / np.maximum(total, 1e-9)[:, None]
        places = self._segment.places
        # Between two contacts the pelvis goes from one correction to the next.
        filled = [np.interp(places, places[known], mean[known, axis]) for axis in range(3)]
        return self._smooth(np.stack(filled, axis=1))

    def _smooth(self, values: FloatArray) -> FloatArray:
        return smooth_series(values, self._segment.places, self._rate_hz, PELVIS_PERIOD_S)
