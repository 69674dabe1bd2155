"""The legs in the scene: where hips, knees, ankles and soles are, and moving a foot by hip and knee. numpy only."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.leg_ik import bend_leg
from ...core.rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz
from ...core.skeleton import JOINT_NAMES
from ..axes import ARMATURE_FROM_SMPL, FloatArray
from .capture import RawCapture

PELVIS: Final = 0


@dataclass(frozen=True)
class Leg:
    """Joints of one leg, and its columns of the contacts, heel and toe."""

    name: str
    hip: int
    knee: int
    ankle: int
    foot: int
    parts: slice

    @classmethod
    def of(cls, side: str, first_part: int) -> "Leg":
        """Return the leg of `left` or `right`."""
        hip, knee, ankle, foot = (JOINT_NAMES.index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "foot"))
        return cls(side, hip, knee, ankle, foot, slice(first_part, first_part + 2))


LEGS: Final = (Leg.of("left", 0), Leg.of("right", 2))


@dataclass
class BodyMotion:
    """What the cleanup works on: T frames in the scene.

    Attributes:
        quats_wxyz: (T, 24, 4) the bones' local rotations, the root's too.
        pelvis: (T, 3) metres, world.
    """

    quats_wxyz: FloatArray
    pelvis: FloatArray

    def rows(self, rows: slice) -> "BodyMotion":
        """Return some of the frames; their values are shared, not copied."""
        return BodyMotion(self.quats_wxyz[rows], self.pelvis[rows])

    def copy(self) -> "BodyMotion":
        """Return a motion of its own."""
        return BodyMotion(self.quats_wxyz.copy(), self.pelvis.copy())

    @property
    def root_rotmat(self) -> FloatArray:
        """(T, 3, 3) from SMPL's axes at the root to the world."""
        rotmat: FloatArray = ARMATURE_FROM_SMPL @ quat_wxyz_to_rotmat(self.quats_wxyz[:, PELVIS])
        return rotmat


@dataclass(frozen=True)
class PosedLeg:
    """One leg over T frames in the world: joints (T, 3), rotations (T, 3, 3), soles under heel and toe (T, 2, 3).

    `lowest` is the height (T,) of the foot's lowest point.
    """

    hip: FloatArray
    knee: FloatArray
    ankle: FloatArray
    thigh_rotmat: FloatArray
    shin_rotmat: FloatArray
    foot_rotmat: FloatArray
    soles: FloatArray
    lowest: FloatArray


def pose_leg(motion: BodyMotion, leg: Leg, capture: RawCapture) -> PosedLeg:
    """Return where a leg is."""
    heads = capture.heads_smpl
    thigh, shin, foot, toes = (
        quat_wxyz_to_rotmat(motion.quats_wxyz[:, joint]) for joint in (leg.hip, leg.knee, leg.ankle, leg.foot)
    )
    root_rotmat = motion.root_rotmat
    thigh = root_rotmat @ thigh
    shin = thigh @ shin
    foot = shin @ foot
    toes = foot @ toes
    hip = motion.pelvis + root_rotmat @ (heads[leg.hip] - heads[PELVIS])
    knee = hip + thigh @ (heads[leg.knee] - heads[leg.hip])
    ankle = knee + shin @ (heads[leg.ankle] - heads[leg.knee])
    ball = ankle + foot @ (heads[leg.foot] - heads[leg.ankle])
    heel_offset, toe_offset = capture.sole_offsets[leg.parts]
    soles = np.stack([ankle + foot @ heel_offset, ball + toes @ toe_offset], axis=1)
    # Only heights, and so only the rotations' last rows.
    edges = capture.edge_offsets[leg.parts]
    heights = [
        (at[:, 2, None] + rotmat[:, 2] @ offsets.T).min(axis=1)
        for at, rotmat, offsets in zip((ankle, ball), (foot, toes), edges, strict=True)
    ]
    return PosedLeg(hip, knee, ankle, thigh, shin, foot, soles, np.minimum(*heights))


def move_foot(motion: BodyMotion, leg: Leg, posed: PosedLeg, move: FloatArray, turn_rotmat: FloatArray | None) -> None:
    """Move one foot by (T, 3), metres, and turn it by (T, 3, 3), in place; frames without a move stay bit for bit."""
    is_moved = np.any(move != 0, axis=1)
    if turn_rotmat is not None:
        is_moved |= np.any(turn_rotmat != np.eye(3), axis=(1, 2))
    rows: NDArray[np.intp] = np.flatnonzero(is_moved)
    if not len(rows):
        return
    hip, knee, ankle, hinge = (
        values[rows] for values in (posed.hip, posed.knee, posed.ankle, posed.thigh_rotmat[:, :, 0])
    )
    at_hip, at_knee = bend_leg(hip, knee, ankle, hinge, ankle + move[rows])
    thigh, shin = at_hip @ posed.thigh_rotmat[rows], at_knee @ posed.shin_rotmat[rows]
    foot = posed.foot_rotmat[rows]
    if turn_rotmat is not None:
        foot = turn_rotmat[rows] @ foot
    for joint, parent, child in (
        (leg.hip, motion.root_rotmat[rows], thigh),
        (leg.knee, thigh, shin),
        (leg.ankle, shin, foot),
    ):
        _set_local(motion.quats_wxyz, rows, joint, np.swapaxes(parent, 1, 2) @ child)


def _set_local(quats_wxyz: FloatArray, rows: NDArray[np.intp], joint: int, local_rotmat: FloatArray) -> None:
    """Put local rotations (R, 3, 3) into rows of (T, 24, 4), on the hemisphere of what was there."""
    former = quats_wxyz[rows, joint]
    fresh = rotmat_to_quat_wxyz(local_rotmat)
    sign: NDArray[Any] = np.where((former * fresh).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    quats_wxyz[rows, joint] = sign * fresh
