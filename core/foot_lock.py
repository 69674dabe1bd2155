"""Feet that stand stay where they stand: heel and toe get one place for each time that they touch the ground.

Runs after the refinement, on a whole track; static camera. First the pelvis takes up what both feet agree on, smoothly;
then hip, knee and ankle do the rest. Before and after each contact the correction fades, so nothing jumps.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .body_model import BodyModel
from .foot_spells import add_faded, spell_moves, spells
from .leg_ik import bend_leg
from .rotations import rotmat_to_rotvec, rotvec_to_rotmat
from .segments import split_at_gaps
from .skeleton import CONTACT_LANDMARKS, JOINT_NAMES
from .smoothing import smooth_series

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

STANDS: Final = 0.5
"""Contacts above this are taken for standing."""
SHORTEST_CONTACT_S: Final = 0.1
FADE_S: Final = 0.15
PELVIS_CUTOFF_HZ: Final = 1.5
LARGEST_CORRECTION_M: Final = 0.15
"""A foot that would have to move further was no standing foot."""


@dataclass(frozen=True)
class _Leg:
    """Joints of one leg, and its columns of the contacts."""

    hip: int
    knee: int
    ankle: int
    heel_contact: int

    @classmethod
    def of(cls, side: str, heel_contact: int) -> "_Leg":
        hip, knee, ankle = (JOINT_NAMES.index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        return cls(hip, knee, ankle, heel_contact)


LEGS: Final = (_Leg.of("left", 0), _Leg.of("right", 2))


def lock_feet(
    rotmat: FloatArray,
    pelvis_cam: FloatArray,
    betas: FloatArray,
    contacts: FloatArray,
    frame_ids: NDArray[np.int64],
    frame_rate_hz: float,
    body: BodyModel,
) -> tuple[FloatArray, FloatArray]:
    """Return rotations and pelvis with standing feet held still.

    Args:
        rotmat: (T, 24, 3, 3) local rotations, the root's in camera axes.
        pelvis_cam: (T, 3) metres.
        contacts: (T, 4) 0..1, in the order of `CONTACT_NAMES`.
        frame_ids: (T,) source frames, increasing; a contact does not reach across a long gap.
    """
    rotmat, pelvis_cam = np.array(rotmat, np.float64), np.array(pelvis_cam, np.float64)
    for segment in split_at_gaps(frame_ids, frame_rate_hz):
        rows = segment.rows
        locked = _lock_segment(
            rotmat[rows], pelvis_cam[rows], betas, contacts[rows] > STANDS, segment.places, frame_rate_hz, body
        )
        rotmat[rows], pelvis_cam[rows] = locked
    return rotmat, pelvis_cam


def _lock_segment(
    rotmat: FloatArray,
    pelvis_cam: FloatArray,
    betas: FloatArray,
    stands: BoolArray,
    places: NDArray[np.int64],
    frame_rate_hz: float,
    body: BodyModel,
) -> tuple[FloatArray, FloatArray]:
    """Return `lock_feet` of rows without a long gap; `places` are their frames, `stands` is (T, 4)."""
    transl = pelvis_cam - body.rest_joints(np.asarray(betas, np.float64))[0]
    joints, global_rotmat = body.pose_joints(rotmat, betas, transl)
    landmarks = body.pose_landmarks(rotmat, betas, transl)[:, list(CONTACT_LANDMARKS)]
    fade = max(round(FADE_S * frame_rate_hz), 1)
    shortest = max(round(SHORTEST_CONTACT_S * frame_rate_hz), 2)
    turns, moves, weights = [], [], []
    for leg in LEGS:
        columns = slice(leg.heel_contact, leg.heel_contact + 2)
        foot = _Foot(joints[:, leg.ankle], global_rotmat[:, leg.ankle], landmarks[:, columns], stands[:, columns])
        turn, move, weight = foot.correction(shortest, fade)
        turns.append(turn)
        moves.append(move)
        weights.append(weight)
    shared = _shared_move(np.stack(moves), np.stack(weights), places, frame_rate_hz)
    for leg, turn, move, weight in zip(LEGS, turns, moves, weights, strict=True):
        # A foot that does not stand goes along with the pelvis.
        rest = (move - shared) * weight[:, None]
        _move_leg(rotmat, joints, global_rotmat, leg, rest, turn)
    return rotmat, pelvis_cam + shared


@dataclass(frozen=True)
class _Foot:
    """One foot over T frames: ankle (T, 3), global rotation (T, 3, 3), heel and toe (T, 2, 3), which stands (T, 2)."""

    ankle: FloatArray
    rotmat: FloatArray
    parts: FloatArray
    stands: BoolArray

    def correction(self, shortest: int, fade: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return turn (T, 3, 3) and move (T, 3) of the foot, and how much it stands (T,), faded around contacts."""
        frame_count = len(self.ankle)
        turn, move = np.zeros((frame_count, 3)), np.zeros((frame_count, 3))
        weight = np.zeros(frame_count)
        for first, end in spells(np.all(self.stands, axis=1), shortest):
            middle = self.rotmat[(first + end) // 2]
            relative = rotmat_to_rotvec(self.rotmat[first:end] @ middle.T)
            mean = rotvec_to_rotmat(np.median(relative, axis=0)) @ middle
            offsets = rotmat_to_rotvec(mean @ np.swapaxes(self.rotmat[first:end], 1, 2))
            add_faded(turn, offsets, first, end, fade)
        turn_rotmat = rotvec_to_rotmat(turn)
        arms = (turn_rotmat[:, None] @ (self.parts - self.ankle[:, None])[..., None])[..., 0]
        parts = self.ankle[:, None] + arms
        for first, end in spells(np.any(self.stands, axis=1), shortest):
            offsets = spell_moves(parts[first:end], self.stands[first:end])
            if np.linalg.norm(offsets, axis=1).max() <= LARGEST_CORRECTION_M:
                add_faded(move, offsets, first, end, fade)
                add_faded(weight[:, None], np.ones((end - first, 1)), first, end, fade)
        safe = np.maximum(weight, 1e-9)[:, None]
        return turn_rotmat, np.where(weight[:, None] > 0, move / safe, 0.0), np.minimum(weight, 1.0)


def _shared_move(moves: FloatArray, weights: FloatArray, places: NDArray[np.int64], frame_rate_hz: float) -> FloatArray:
    """Return what the pelvis moves (T, 3): the mean of the feet's moves (2, T, 3) by their weights (2, T), smooth."""
    total = weights.sum(axis=0)
    known = total > 1e-3
    if not known.any():
        return np.zeros(moves.shape[1:])
    mean = (moves * weights[..., None]).sum(axis=0) / np.maximum(total, 1e-9)[:, None]
    frames = np.arange(len(mean))
    # Between two contacts the pelvis goes from one correction to the next.
    filled = np.stack([np.interp(frames, frames[known], mean[known, axis]) for axis in range(3)], axis=1)
    return smooth_series(filled, places, frame_rate_hz, PELVIS_CUTOFF_HZ)


def _move_leg(
    rotmat: FloatArray, joints: FloatArray, global_rotmat: FloatArray, leg: _Leg, move: FloatArray, turn: FloatArray
) -> None:
    """Move one ankle by (T, 3) and turn its foot by (T, 3, 3), in place in the local rotations (T, 24, 3, 3)."""
    hip, knee, ankle = (joints[:, joint] for joint in (leg.hip, leg.knee, leg.ankle))
    at_hip, at_knee = bend_leg(hip, knee, ankle, global_rotmat[:, leg.hip, :, 0], ankle + move)
    thigh, shin = at_hip @ global_rotmat[:, leg.hip], at_knee @ global_rotmat[:, leg.knee]
    foot = turn @ global_rotmat[:, leg.ankle]
    rotmat[:, leg.hip] = np.swapaxes(global_rotmat[:, 0], 1, 2) @ thigh
    rotmat[:, leg.knee] = np.swapaxes(thigh, 1, 2) @ shin
    rotmat[:, leg.ankle] = np.swapaxes(shin, 1, 2) @ foot
