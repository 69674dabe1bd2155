"""What stands between two rest poses: one turn for the body, and one for each bone (T-pose, A-pose or any other).

All in one frame: the target armature's axes. A joint's correction C turns its bone at rest to where the source's limb
is at rest, so a source joint that has turned by D wants the bone at D C.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...core.skeleton import JOINT_NAMES
from .body_frame import FloatArray, body_frame
from .joints import INDEX, TRUNK, aimed_joint, mapped_ancestor
from .rotation_arcs import shortest_arc, unit

SHORTEST_TRUNK_SHARE: Final = 0.02
"""Trunk bones nearer to the next joint than this share of the trunk show no direction."""
LARGEST_TRUNK_RAD: Final = 0.9
"""A trunk bone that is further off at rest points elsewhere than the joint does, and keeps its own direction."""

A_POSE_DEG: Final = (20.0, 75.0)
ANKLES: Final = frozenset({"left_ankle", "right_ankle"})
FOLLOWS_PARENT: Final = frozenset({"left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_knee", "right_knee"})
"""Joints whose bones go along with the limb above before they are turned further, as an arm is lifted to a T-pose."""


@dataclass(frozen=True)
class RestAlignment:
    """The turns between the rest poses.

    Attributes:
        upright: (3, 3) turns the target's body at rest to stand and face as the source's does.
        corrections: (3, 3) by joint.
        aims: the joints whose bones have a direction, with the joint that they point at.
    """

    upright: FloatArray
    corrections: Mapping[str, FloatArray]
    aims: Mapping[str, str]


def align_rest(source: FloatArray, target: Mapping[str, FloatArray], flat_soles: bool = False) -> RestAlignment:
    """Return the alignment of source joints (24, 3) at rest and the target's joints (3,) at rest.

    Args:
        flat_soles: feet that stand flat at rest stand flat under the source too; else they point exactly as its feet
            do, which tips them where the ankle is higher or lower.
    """
    source_frame = body_frame(dict(zip(JOINT_NAMES, source, strict=True)))
    target_frame = body_frame(target)
    upright = np.eye(3) if source_frame is None or target_frame is None else source_frame @ target_frame.T
    _, up, forward = (upright if source_frame is None else source_frame).T
    trunk = _trunk_length(target)
    corrections: dict[str, FloatArray] = {}
    aims: dict[str, str] = {}
    for joint in JOINT_NAMES:
        if joint not in target:
            continue
        above = mapped_ancestor(joint, corrections)
        base = corrections[above] if above and joint in FOLLOWS_PARENT else upright
        corrections[joint] = base
        aim = aimed_joint(joint, target)
        if aim is None:
            continue
        own, wanted = base @ (target[aim] - target[joint]), source[INDEX[aim]] - source[INDEX[joint]]
        if joint in TRUNK and not _shows_direction(own, wanted, trunk):
            continue
        if flat_soles and joint in ANKLES:
            own, wanted = (vector - (vector @ up) * up for vector in (own, wanted))
        else:
            aims[joint] = aim
        corrections[joint] = shortest_arc(own, wanted, forward) @ base
    return RestAlignment(upright, corrections, aims)


def _trunk_length(places: Mapping[str, FloatArray]) -> float:
    ends = [places[joint] for joint in ("pelvis", "neck") if joint in places] + [
        places[joint] for joint in ("head",) if joint in places
    ]
    return float(np.linalg.norm(ends[-1] - ends[0])) if len(ends) > 1 else 0.0


def _shows_direction(own: FloatArray, wanted: FloatArray, trunk: float) -> bool:
    if np.linalg.norm(own) < SHORTEST_TRUNK_SHARE * trunk:
        return False
    return bool(np.arccos(np.clip(unit(own) @ unit(wanted), -1, 1)) < LARGEST_TRUNK_RAD)


def rest_pose_name(alignment: RestAlignment, target: Mapping[str, FloatArray]) -> str:
    """Return what the arms at rest look like: `T-pose`, `A-pose`, `arms down` or `other`."""
    drops = []
    for shoulder, elbow in (("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow")):
        if alignment.aims.get(shoulder) == elbow:
            arm = unit(target[elbow] - target[shoulder])
            cosine = (alignment.upright @ arm) @ (alignment.corrections[shoulder] @ arm)
            drops.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    if not drops:
        return "other"
    drop = float(np.mean(drops))
    if drop < A_POSE_DEG[0]:
        return "T-pose"
    return "A-pose" if drop < A_POSE_DEG[1] else "arms down"
