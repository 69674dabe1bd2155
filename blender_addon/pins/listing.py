"""How a pin is shown to the artist: on which frame it stands, and what it holds. Reads only."""

from collections.abc import Collection
from typing import Any

from ...core.skeleton import JOINT_NAMES
from ..cleanup.keys import keyed_frames


def pin_frame(armature: Any, first_row: int, row: int) -> float | None:
    """Return the scene frame of a pin's row; None where it is trimmed away, or nothing is keyed.

    Args:
        first_row: of the capture that is keyed.
    """
    frames = keyed_frames(armature)
    if frames is None or not 0 <= row - first_row < len(frames):
        return None
    return float(frames[row - first_row])


def bone_names(joints: Collection[int], has_place: bool) -> str:
    """Return what a pin holds, in words: bones' names, or how many."""
    names = [JOINT_NAMES[joint].replace("_", " ") for joint in joints]
    if len(names) > 3:
        names = ["all bones" if len(names) == len(JOINT_NAMES) else f"{len(names)} bones"]
    return ", ".join([*names, "place of the pelvis"] if has_place else names)
