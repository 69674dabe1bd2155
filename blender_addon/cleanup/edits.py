"""Keys that the artist edited by hand since the cleanup wrote them: noticed, and kept in an action of their own.

The cleanup makes all keys anew, so without this a slider would take an hour's work away, and a save the way back.
"""

from collections.abc import Collection
from typing import Any, Final

import bpy
import numpy as np

from ...core.skeleton import JOINT_COUNT
from ..compat import ActionCurves
from .keys import LOCATION_PATH, add_to_digest, rotation_path

KEPT_NAME: Final = "{} by hand"


def values_digest(curves: ActionCurves, unkeyed: Collection[int]) -> int:
    """Return a number that stands for the values of all keys of the bones that are keyed, as `write_motion` does.

    The keys' times do not count: another frame rate moves them all.
    """
    existing = {(curve.data_path, curve.array_index): curve for curve in curves.container.fcurves}
    digest = 0
    paths = [(rotation_path(joint), 4) for joint in range(JOINT_COUNT) if joint not in unkeyed]
    for path, count in (*paths, (LOCATION_PATH, 3)):
        for component in range(count):
            curve = existing.get((path, component))
            coordinates = np.empty((len(curve.keyframe_points) if curve else 0, 2), np.float32)
            if curve:
                curve.keyframe_points.foreach_get("co", coordinates.ravel())
            digest = add_to_digest(digest, coordinates[:, 1])
    return digest


def keep_edited_keys(
    curves: ActionCurves, written: int, unkeyed: Collection[int], unkeyed_next: Collection[int]
) -> Any:
    """Return a copy of the action where keys would be lost that the cleanup did not write; else None.

    Args:
        written: what `write_motion` returned last.
        unkeyed: joints that were not keyed then; `unkeyed_next`: joints that will not be keyed.
    """
    paths = {rotation_path(joint) for joint in set(unkeyed) - set(unkeyed_next)}
    has_own_keys = any(curve.data_path in paths for curve in curves.container.fcurves)
    if not has_own_keys and values_digest(curves, unkeyed) == written:
        return None
    kept = curves.action.copy()
    kept.name = KEPT_NAME.format(curves.action.name)
    kept.use_fake_user = True
    return kept


def kept_action_exists(name: str) -> bool:
    """True while the action that holds edited keys is still in the file."""
    return bool(name) and name in bpy.data.actions
