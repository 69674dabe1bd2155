"""The transfer itself: the source's global rotations and pelvis become the target's. numpy, all frames at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ...core.skeleton import JOINT_NAMES
from .carriage import Carriage
from .joints import ENCLOSING, INDEX
from .rest_alignment import RestAlignment, align_rest
from .rig import FloatArray, Rig
from .rotation_arcs import shortest_arc
from .source_motion import SourceMotion


@dataclass(frozen=True)
class SourceInTarget:
    """The source's motion in the target armature's axes, metres, from the source's own origin.

    Attributes:
        rest: (24, 3); turns: (T, 24, 3, 3); joints: (T, 24, 3).
        up: (3,) the world's up.
    """

    rest: FloatArray
    turns: FloatArray
    joints: FloatArray
    up: FloatArray


@dataclass(frozen=True)
class TargetPose:
    """The target's motion, armature axes, metres.

    Attributes:
        turns: (T, 3, 3) global rotation from rest by joint.
        shift: (T, 3) translation of the root bone.
    """

    turns: Mapping[str, FloatArray]
    shift: FloatArray


@dataclass(frozen=True)
class Transfer:
    """A transferred motion and what it came from.

    Attributes:
        pose: the target's motion.
        standing: the target's pose (one frame) when the source is at rest, with its feet on the floor.
        leg_ratio: the target's leg length over the source's.
    """

    source: SourceInTarget
    carriage: Carriage
    alignment: RestAlignment
    pose: TargetPose
    standing: TargetPose
    leg_ratio: float

    def places(self) -> dict[str, FloatArray]:
        """Where the target's joints are (T, 3)."""
        return self.carriage.places(self.pose.turns, self.pose.shift)

    def rows(self, rows: slice) -> "Transfer":
        """Return some frames of the motion."""
        source = replace(self.source, turns=self.source.turns[rows], joints=self.source.joints[rows])
        turns = {joint: turn[rows] for joint, turn in self.pose.turns.items()}
        return replace(self, source=source, pose=TargetPose(turns, self.pose.shift[rows]))

    def with_pose(self, turns: Mapping[str, FloatArray], shift: FloatArray) -> "Transfer":
        """Return the transfer with another motion of the target."""
        return replace(self, pose=TargetPose(turns, shift))


def transfer_motion(
    source: SourceMotion, rig: Rig, carriage: Carriage, scale_root: bool = True, flat_soles: bool = False
) -> Transfer:
    """Return the source's motion on the target.

    Args:
        scale_root: scale the pelvis's path by the ratio of the leg lengths.
        flat_soles: see `align_rest`.
    """
    seen = _in_target_axes(source, rig.world_rotmat)
    rest_places = carriage.rest_places
    alignment = align_rest(seen.rest, rest_places, flat_soles)
    turns = _target_turns(seen, carriage, alignment)
    ratio = leg_ratio(seen.rest, rest_places)
    standing = _standing_pose(seen, carriage, alignment)
    moved = (ratio if scale_root else 1.0) * (seen.joints[:, 0] - seen.rest[0])
    pose = _placed(carriage, turns, _pelvis(carriage, standing)[0] + moved)
    return Transfer(seen, carriage, alignment, pose, standing, ratio)


def _in_target_axes(source: SourceMotion, world_rotmat: FloatArray) -> SourceInTarget:
    return SourceInTarget(
        rest=(source.rest - source.origin) @ world_rotmat,
        turns=world_rotmat.T @ source.turns @ world_rotmat,
        joints=(source.joints - source.origin) @ world_rotmat,
        up=world_rotmat[2],
    )


def _target_turns(seen: SourceInTarget, carriage: Carriage, alignment: RestAlignment) -> dict[str, FloatArray]:
    """Return the global rotations (T, 3, 3) of the target's joints."""
    turns: dict[str, FloatArray] = {}
    for joint in {entry.joint for entry in carriage.driven}:
        turn = seen.turns[:, INDEX[joint]] @ alignment.corrections[joint]
        aim = alignment.aims.get(joint)
        if aim is not None and ENCLOSING[aim] != joint:
            # Joints that the rig lacks bend between the two: the bone points where the source's next joint is.
            limb = carriage.points[aim].rest - carriage.points[joint].rest
            wanted = seen.joints[:, INDEX[aim]] - seen.joints[:, INDEX[joint]]
            turn = shortest_arc(turn @ limb, wanted) @ turn
        turns[joint] = turn
    return turns


def leg_ratio(source_rest: FloatArray, target: Mapping[str, FloatArray]) -> float:
    """Return the target's leg length over the source's; that of the trunks where a leg is not known."""
    source = dict(zip(JOINT_NAMES, source_rest, strict=True))
    for chain in (("hip", "knee", "ankle"), ("pelvis", "head")):
        names = [f"{side}_{part}" for side in ("left", "right") for part in chain] if len(chain) == 3 else list(chain)
        if all(name in target for name in names):
            own, theirs = _path_length(target, names, len(chain)), _path_length(source, names, len(chain))
            return own / theirs if own > 0 and theirs > 0 else 1.0
    return 1.0


def _path_length(places: Mapping[str, FloatArray], names: list[str], step: int) -> float:
    runs = [names[start : start + step] for start in range(0, len(names), step)]
    return float(sum(np.linalg.norm(places[b] - places[a]) for run in runs for a, b in pairwise(run)))


def _standing_pose(seen: SourceInTarget, carriage: Carriage, alignment: RestAlignment) -> TargetPose:
    """Return the target in the source's rest pose, one frame, no ankle or toe lower than at its own rest."""
    turns = {joint: alignment.corrections[joint][None] for joint in {entry.joint for entry in carriage.driven}}
    rest = carriage.rest_places
    if "pelvis" not in rest:
        return TargetPose(turns, np.zeros((1, 3)))
    pose = _placed(carriage, turns, (alignment.upright @ rest["pelvis"])[None])
    places = carriage.places(pose.turns, pose.shift)
    sides = [[f"{side}_{part}" for part in ("ankle", "foot") if f"{side}_{part}" in rest] for side in ("left", "right")]
    lifts = [
        max(float((alignment.upright @ rest[joint] - places[joint][0]) @ seen.up) for joint in parts)
        for parts in sides
        if parts
    ]
    return TargetPose(turns, pose.shift + (np.mean(lifts) if lifts else 0.0) * seen.up)


def _pelvis(carriage: Carriage, pose: TargetPose) -> FloatArray:
    """Return the pelvis (T, 3); the first driven bone's head where the rig has none."""
    places = carriage.places(pose.turns, pose.shift)
    return places.get("pelvis", pose.shift)


def _placed(carriage: Carriage, turns: Mapping[str, FloatArray], pelvis: FloatArray) -> TargetPose:
    """Return the pose with the pelvis (T, 3) in its place."""
    unmoved = TargetPose(turns, np.zeros_like(pelvis))
    return TargetPose(turns, pelvis - _pelvis(carriage, unmoved))


def keep_in_place(transfer: Transfer) -> Transfer:
    """Return the motion without its way over the ground: the pelvis stays above where it starts."""
    shift, pelvis = transfer.pose.shift, _pelvis(transfer.carriage, transfer.pose)
    way = pelvis - pelvis[:1]
    level = way - (way @ transfer.source.up)[:, None] * transfer.source.up
    return transfer.with_pose(transfer.pose.turns, shift - level)
