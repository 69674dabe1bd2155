"""Feet that stand, under a body that pins move: hip and knee give way, so that the feet stay. numpy only.

A foot that is pinned itself while it stands takes the whole stance along to its new place, as far as the pins reach.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ...core.segments import Segment, split_at_gaps, true_runs
from ..axes import FloatArray
from ..cleanup.capture import RawCapture
from ..cleanup.filters import smoothstep
from ..cleanup.legs import LEGS, PELVIS, BodyMotion, Leg, PosedLeg, move_foot, pose_leg
from ..cleanup.plant import spread
from .correction import within_reach
from .pin import Pin, PinPlan
from .solve import pins_in, reach_in_frames

BoolArray = NDArray[np.bool_]

FADE_S: Final = 0.15


@dataclass(frozen=True)
class Ground:
    """What holds the feet.

    Attributes:
        feet_stand: (T, 2) left and right.
        lifts: lift feet that the pins have brought into the floor, or deeper into it.
        unseen: joints that are not keyed; their legs stay as they are.
    """

    feet_stand: BoolArray
    lifts: bool
    unseen: frozenset[int]


def keep_feet(before: BodyMotion, pinned: BodyMotion, capture: RawCapture, plan: PinPlan, ground: Ground) -> BodyMotion:
    """Return the pinned motion with its feet held, T frames; the poses at the pins stay bit for bit.

    Args:
        before: the motion without pins.
    """
    result = pinned.copy()
    fade = max(round(FADE_S * capture.frame_rate_hz), 1)
    reach_frames = reach_in_frames(plan, capture)
    whole = split_at_gaps(capture.frame_ids.astype(np.int64), capture.frame_rate_hz)
    for segment in (part for one in whole for part in _reached_parts(one, plan, reach_frames)):
        parts = before.rows(segment.rows), result.rows(segment.rows)
        for side, leg in enumerate(LEGS):
            moving = [pin for pin in pins_in(plan, segment) if _moves_foot(pin, leg)]
            if moving and ground.unseen.isdisjoint((leg.hip, leg.knee, leg.ankle)):
                foot = _KeptFoot(leg, segment, moving, fade, reach_frames)
                foot.hold(*parts, capture, ground.feet_stand[segment.rows, side])
                if ground.lifts:
                    foot.lift(*parts, capture)
    return result


def _reached_parts(segment: Segment, plan: PinPlan, reach_frames: int) -> list[Segment]:
    """Return the parts of a segment that pins reach, each with the row before and the row after it."""
    rows = np.array([pin.row for pin in pins_in(plan, segment)], np.int64) - segment.rows.start
    reached = within_reach(segment.places[rows], segment.frame_count, reach_frames)[segment.places]
    reached[1:] |= reached[:-1].copy()
    reached[:-1] |= reached[1:].copy()
    first = segment.rows.start
    return [
        Segment(slice(first + run.start, first + run.stop), segment.places[run] - segment.places[run.start])
        for run in true_runs(reached)
    ]


def _moves_foot(pin: Pin, leg: Leg) -> bool:
    return pin.pelvis is not None or PELVIS in pin.quats_wxyz or _pins_leg(pin, leg)


def _pins_leg(pin: Pin, leg: Leg) -> bool:
    return not {leg.hip, leg.knee, leg.ankle}.isdisjoint(pin.quats_wxyz)


@dataclass(frozen=True)
class _KeptFoot:
    """One foot in a segment without a long gap, and the pins that move it."""

    leg: Leg
    segment: Segment
    pins: list[Pin]
    fade: int
    reach_frames: int

    def hold(self, before: BodyMotion, motion: BodyMotion, capture: RawCapture, stands: BoolArray) -> None:
        """Keep the foot where it stood, in place; stands is (T,)."""
        stands = stands & self._is_reached
        if not stands.any():
            return
        old, new = pose_leg(before, self.leg, capture), pose_leg(motion, self.leg, capture)
        own = _difference(old, new)
        moves, weight = spread(self._carried(own, stands) - own, stands, self.segment.places, self.fade)
        # In a stance a pinned foot is where it shall stand anyway; elsewhere nothing may move it off its pin.
        free = self._give_way(self._leg_rows[~stands[self._leg_rows]])
        weighted = moves * (weight * free)[:, None]
        move_foot(motion, self.leg, new, weighted[:, :3], rotvec_to_rotmat(weighted[:, 3:]))

    def lift(self, before: BodyMotion, motion: BodyMotion, capture: RawCapture) -> None:
        """Lift the foot as far as the pins have sunk it, in place."""
        old, new = pose_leg(before, self.leg, capture), pose_leg(motion, self.leg, capture)
        move = np.zeros_like(motion.pelvis)
        sunk = np.maximum(-new.lowest, 0.0) - np.maximum(-old.lowest, 0.0)
        move[:, 2] = np.maximum(sunk, 0.0) * self._give_way(self._leg_rows)
        move_foot(motion, self.leg, new, move, None)

    def _carried(self, own: FloatArray, stands: BoolArray) -> FloatArray:
        """Return how far (T, 6) from its old place the foot shall stand: nowhere, but for stances that are pinned."""
        carried = np.zeros_like(own)
        places = self.segment.places
        pinned = self._leg_rows
        for stance in true_runs(stands):
            inside = pinned[(pinned >= stance.start) & (pinned < stance.stop)]
            if not len(inside):
                continue
            anchors, is_anchor = np.zeros_like(own), np.zeros(len(own), bool)
            anchors[inside], is_anchor[inside] = own[inside], True
            # A stance that outlasts the reach comes back to its old place.
            first, last = np.flatnonzero(self._is_reached_by(inside))[[0, -1]]
            for edge, is_beyond in (
                (first, places[stance.start] - self.fade < places[first]),
                (last, places[stance.stop - 1] + self.fade > places[last]),
            ):
                if is_beyond and not is_anchor[edge]:
                    anchors[edge], is_anchor[edge] = 0.0, True
            carried[stance] = spread(anchors, is_anchor, places, self.fade)[0][stance]
        return carried

    @property
    def _rows(self) -> NDArray[np.int64]:
        return self._rows_of(self.pins)

    @property
    def _leg_rows(self) -> NDArray[np.int64]:
        """Rows in which the leg itself is pinned."""
        return self._rows_of([pin for pin in self.pins if _pins_leg(pin, self.leg)])

    def _rows_of(self, pins: list[Pin]) -> NDArray[np.int64]:
        return np.array([pin.row - self.segment.rows.start for pin in pins], np.int64)

    @property
    def _is_reached(self) -> BoolArray:
        """(T,) rows within the reach of a pin that moves the foot."""
        return self._is_reached_by(self._rows)

    def _is_reached_by(self, rows: NDArray[np.int64]) -> BoolArray:
        places, count = self.segment.places, self.segment.frame_count
        inside: BoolArray = within_reach(places[rows], count, self.reach_frames)[places]
        return inside

    def _give_way(self, pinned: NDArray[np.int64]) -> FloatArray:
        """Return how far (T,) the foot may be moved: not in pinned rows, and not at the edge of the reach."""
        places = self.segment.places
        still = np.sort(np.concatenate([self._edges, places[pinned]]))
        if not len(still):
            return np.ones(len(places))
        following = np.searchsorted(still, places)
        after = np.abs(still[following.clip(max=len(still) - 1)] - places)
        before = np.abs(places - still[(following - 1).clip(min=0)])
        return smoothstep(np.minimum(after, before) / (self.fade + 1)) * self._is_reached

    @property
    def _edges(self) -> NDArray[np.int64]:
        """Places just outside the reach."""
        runs = true_runs(within_reach(self.segment.places[self._rows], self.segment.frame_count, self.reach_frames))
        outside = [place for run in runs for place in (run.start - 1, run.stop)]
        return np.array([place for place in outside if 0 <= place < self.segment.frame_count], np.int64)


def _difference(old: PosedLeg, new: PosedLeg) -> FloatArray:
    """Return how far the ankle has moved, metres, and the foot turned, radians, in the world (T, 6)."""
    turn = rotmat_to_rotvec(new.foot_rotmat @ np.swapaxes(old.foot_rotmat, 1, 2))
    return np.concatenate([new.ankle - old.ankle, turn], axis=1)
