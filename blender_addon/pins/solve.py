"""Makes a motion pass through its pins: smooth corrections of each pinned bone, and of nothing else. numpy only.

Why here and not in the core's refinement: a motion file keeps the result, not the landmarks that the refinement was
fitted to, so the core would have to run the networks on the video again; imported motions have no video at all. The
pins work on what the cleanup has made, with the motion's own confidence for the evidence, at once and offline.

They come after the feet were corrected, since that is what the artist saw and posed: before it, the correction of the
feet would move a pinned pelvis back to where it was. Feet that stand are held afterwards, by the legs alone.
"""

import numpy as np
from numpy.typing import NDArray

from ...core.rotations import rotvec_to_quat_wxyz
from ...core.segments import Segment, split_at_gaps
from ...core.skeleton import JOINT_COUNT, PARENTS
from ..axes import FloatArray
from ..cleanup.capture import RawCapture
from ..cleanup.legs import PELVIS, BodyMotion
from .correction import spread_corrections, within_reach
from .pin import Pin, PinPlan
from .turns import follow_each_other, multiply_quat_wxyz, turn_between


def pin_motion(motion: BodyMotion, capture: RawCapture, plan: PinPlan) -> BodyMotion:
    """Return the motion (T frames) bent so that it passes through the pins; the motion itself without pins.

    Note: nothing reaches across a long gap; frames out of reach, and bones without pins, stay bit for bit.
    """
    if not plan.pins:
        return motion
    pinned = motion.copy()
    confidence = bone_confidence(capture.confidence.astype(np.float64))
    reach_frames = reach_in_frames(plan, capture)
    for segment in split_at_gaps(capture.frame_ids.astype(np.int64), capture.frame_rate_hz):
        pins = pins_in(plan, segment)
        if pins:
            _Part(pinned.rows(segment.rows), confidence[segment.rows], segment, reach_frames).follow(pins)
    return pinned


def pins_in(plan: PinPlan, segment: Segment) -> list[Pin]:
    """Return the pins in a segment, in order."""
    return sorted(
        (pin for pin in plan.pins if segment.rows.start <= pin.row < segment.rows.stop), key=lambda pin: pin.row
    )


def reach_in_frames(plan: PinPlan, capture: RawCapture) -> int:
    """Return the reach in frames of the video, at least 1."""
    return max(round(plan.reach_s * capture.frame_rate_hz), 1)


def bone_confidence(confidence: FloatArray) -> FloatArray:
    """Return how sure each bone's rotation is (T, 24), of joints' places (T, 24): it shows in those at its far end.

    Note: a motion without confidence, all zeros, is sure everywhere.
    """
    if not confidence.any():
        return np.ones_like(confidence)
    result = confidence.copy()
    for joint in range(1, JOINT_COUNT):
        children = [child for child in range(JOINT_COUNT) if PARENTS[child] == joint]
        if children:
            result[:, joint] = confidence[:, children].mean(axis=1)
    return result


class _Part:
    """A segment without a long gap; changes its motion, which is part of the whole one, in place."""

    def __init__(self, motion: BodyMotion, confidence: FloatArray, segment: Segment, reach_frames: int) -> None:
        self._motion, self._confidence, self._segment = motion, confidence, segment
        self._reach_frames = reach_frames

    def follow(self, pins: list[Pin]) -> None:
        """Pass through the pins."""
        for joint in sorted({joint for pin in pins for joint in pin.quats_wxyz}):
            self._follow_rotation(joint, [pin for pin in pins if joint in pin.quats_wxyz])
        placed = [(pin, pin.pelvis) for pin in pins if pin.pelvis is not None]
        if placed:
            rows = self._rows_of([pin for pin, _ in placed])
            places = np.stack([place for _, place in placed])
            moved, moves = self._spread(places - self._motion.pelvis[rows], rows, PELVIS)
            self._motion.pelvis[moved] += moves
            self._motion.pelvis[rows] = places

    def _follow_rotation(self, joint: int, pins: list[Pin]) -> None:
        rows = self._rows_of(pins)
        quats = self._motion.quats_wxyz[:, joint]
        targets = np.stack([pin.quats_wxyz[joint] for pin in pins])
        turns = follow_each_other(turn_between(quats[rows], targets))
        turned, spread = self._spread(turns, rows, joint)
        bent = multiply_quat_wxyz(quats[turned], rotvec_to_quat_wxyz(spread))
        self._motion.quats_wxyz[turned, joint] = bent
        # To the last digit, on the hemisphere of the frames around.
        reached = self._motion.quats_wxyz[rows, joint]
        sign = np.where((reached * targets).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
        self._motion.quats_wxyz[rows, joint] = sign * targets

    def _rows_of(self, pins: list[Pin]) -> NDArray[np.int64]:
        return np.array([pin.row - self._segment.rows.start for pin in pins], np.int64)

    def _spread(self, values: FloatArray, rows: NDArray[np.int64], joint: int) -> tuple[NDArray[np.intp], FloatArray]:
        """Return the rows within reach (R,) and their corrections (R, 3), of the corrections (P, 3) at pins."""
        places, frame_count = self._segment.places, self._segment.frame_count
        confidence = np.zeros(frame_count)
        confidence[places] = self._confidence[:, joint]
        pinned = places[rows]
        corrections = spread_corrections(values, pinned, confidence, self._reach_frames)
        reached = np.flatnonzero(within_reach(pinned, frame_count, self._reach_frames)[places])
        return reached, corrections[places[reached]]
