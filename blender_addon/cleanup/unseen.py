"""Limbs that the video never shows, by the joints' confidence: guesses, so they are not keyed. numpy only.

Confidence says how likely a joint's place is right, and a bone's rotation shows in the place of its far end: so the
knee decides about the whole leg, the ankle about the lower leg.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.skeleton import JOINT_NAMES
from ..axes import FloatArray

SEEN_SHARE: Final = 0.2
"""A limb that is seen for less of the clip than this is not keyed."""

HYSTERESIS: Final = 0.15
"""A limb comes into sight above its threshold plus this share of it, and goes below the threshold minus it."""

THRESHOLDS: Final = {"knee": 0.4, "ankle": 0.33, "elbow": 0.38, "wrist": 0.25, "head": 0.43}
"""Half of what a clearly seen joint has. In a walk seen whole, the medians are 0.78 (knee), 0.66 (ankle), 0.75 (elbow),
0.52 (wrist), 0.86 (head); with the picture cut off below the hips, knees have 0.17 and 0.31, ankles 0.08 and 0.15.
"""


@dataclass(frozen=True)
class Limb:
    """Joints that are keyed together, and the joint whose confidence decides.

    Attributes:
        name: as the panel says it.
        deciding: index of the joint.
        threshold: of its confidence.
        joints: indices.
    """

    name: str
    deciding: int
    threshold: float
    joints: tuple[int, ...]


def _limb(name: str, deciding: str, *joints: str) -> Limb:
    threshold = THRESHOLDS[deciding.rpartition("_")[2]]
    return Limb(name, JOINT_NAMES.index(deciding), threshold, tuple(JOINT_NAMES.index(joint) for joint in joints))


def _limbs_of(side: str) -> tuple[Limb, ...]:
    hip, knee, ankle, foot = (f"{side}_{part}" for part in ("hip", "knee", "ankle", "foot"))
    shoulder, elbow, wrist, hand = (f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hand"))
    return (
        _limb(f"{side} leg", knee, hip, knee, ankle, foot),
        _limb(f"{side} lower leg", ankle, knee, ankle, foot),
        _limb(f"{side} arm", elbow, shoulder, elbow, wrist, hand),
        _limb(f"{side} forearm", wrist, elbow, wrist, hand),
    )


LIMBS: Final = (*_limbs_of("left"), *_limbs_of("right"), _limb("head", "head", "neck", "head"))
"""Whole limbs stand before their parts."""


def unseen_limbs(confidence: FloatArray) -> list[Limb]:
    """Return the limbs that are seen too little to be keyed.

    Args:
        confidence: (T, 24) in 0..1; all zeros, as a motion without confidence may have, means nothing.
    """
    found: list[Limb] = []
    if not confidence.any():
        return found
    for limb in LIMBS:
        is_part = any(set(limb.joints) <= set(whole.joints) for whole in found)
        if not is_part and is_seen(confidence[:, limb.deciding], limb.threshold).mean() < SEEN_SHARE:
            found.append(limb)
    return found


def is_seen(confidence: FloatArray, threshold: float) -> NDArray[np.bool_]:
    """Return in which frames (T,) a joint of confidence (T,) is in sight, with hysteresis around the threshold."""
    decided = np.zeros(len(confidence), np.int8)
    decided[confidence >= threshold * (1 + HYSTERESIS)] = 1
    decided[confidence < threshold * (1 - HYSTERESIS)] = -1
    if not decided[0]:
        decided[0] = 1 if confidence[0] >= threshold else -1
    # Between the two bounds the last decision holds.
    last = np.maximum.accumulate(np.where(decided != 0, np.arange(len(decided)), 0))
    seen: NDArray[np.bool_] = decided[last] > 0
    return seen


def joints_of(limbs: list[Limb]) -> frozenset[int]:
    """Return the indices of all joints of some limbs."""
    return frozenset(joint for limb in limbs for joint in limb.joints)
