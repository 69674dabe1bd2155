"""The 22 joints that a rig can have bones for, and which of them show a joint's direction."""

from collections.abc import Container
from typing import Final

from ...core.skeleton import JOINT_NAMES, PARENTS

JOINTS: Final[tuple[str, ...]] = JOINT_NAMES[:22]
"""All joints of the capture but the two hands' ends."""

INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(JOINTS)}

ESSENTIAL: Final[tuple[str, ...]] = (
    "pelvis", "head",
    *(f"left_{part}" for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")),
    *(f"right_{part}" for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")),
)  # fmt: skip
"""Without these bones a rig does not move like a person; the others may be missing."""

MIRROR: Final[dict[str, str]] = {
    name: name.replace("left", "right") if "left" in name else name.replace("right", "left") for name in JOINTS
}

_TRUNK: Final = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
_LIMBS: Final = (
    *(tuple(f"{side}_{part}" for part in ("collar", "shoulder", "elbow", "wrist")) for side in ("left", "right")),
    *(tuple(f"{side}_{part}" for part in ("hip", "knee", "ankle", "foot")) for side in ("left", "right")),
)

AIMS: Final[dict[str, tuple[str, ...]]] = {
    joint: chain[place + 1 :] for chain in (_TRUNK, *_LIMBS) for place, joint in enumerate(chain[:-1])
}
"""The joints, nearest first, that a joint's bone points at: the first one that the rig has counts."""

TRUNK: Final = frozenset(_TRUNK)

ENCLOSING: Final[dict[str, str | None]] = {
    **{name: JOINTS[PARENTS[INDEX[name]]] for name in JOINTS[1:]},
    "pelvis": None,
}
"""Each joint's parent."""


def mapped_ancestor(joint: str, mapped: Container[str]) -> str | None:
    """Return the nearest ancestor of a joint that is in `mapped`; None where there is none."""
    parent = ENCLOSING[joint]
    while parent is not None and parent not in mapped:
        parent = ENCLOSING[parent]
    return parent


def aimed_joint(joint: str, mapped: Container[str]) -> str | None:
    """Return the joint that a joint's bone points at, of those in `mapped`; None for hands, heads and toes."""
    return next((target for target in AIMS.get(joint, ()) if target in mapped), None)
