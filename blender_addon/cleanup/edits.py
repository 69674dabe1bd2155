"""Keys that the artist edited by hand since the cleanup wrote them: noticed, and kept in an action of their own.

The cleanup makes all keys anew, so without this a slider would take an hour's work away, and a save the way back.
"""

import zlib
from typing import Any, Final

import bpy
import numpy as np

from ...core.skeleton import JOINT_COUNT
from ..compat import ActionCurves
from .keys import LOCATION_PATH, rotation_path

KEPT_NAME: Final = "{} by hand"

_PATHS: Final = (*((rotation_path(joint), 4) for joint in range(JOINT_COUNT)), (LOCATION_PATH, 3))


def values_digest(curves: ActionCurves) -> str:
    """Return a number that stands for the values of all keys of the bones; empty where there are none.

    The keys' times do not count: another frame rate moves them all.
    """
    existing = {(curve.data_path, curve.array_index): curve for curve in curves.container.fcurves}
    digest, is_empty = 0, True
    for path, count in _PATHS:
        for component in range(count):
            curve = existing.get((path, component))
            if curve is None or not len(curve.keyframe_points):
                continue
            coordinates = np.empty((len(curve.keyframe_points), 2), np.float32)
            curve.keyframe_points.foreach_get("co", coordinates.ravel())
            digest, is_empty = zlib.crc32(coordinates[:, 1].tobytes(), digest), False
    return "" if is_empty else f"{digest:08x}"


def keep_edited_keys(curves: ActionCurves, written: str) -> Any:
    """Return a copy of the action where its keys are not those that were written last; else None.

    Args:
        written: `values_digest` after the last writing; empty where it is not known.
    """
    now = values_digest(curves)
    if not now or not written or now == written:
        return None
    kept = curves.action.copy()
    kept.name = KEPT_NAME.format(curves.action.name)
    kept.use_fake_user = True
    return kept


def kept_action_exists(name: str) -> bool:
    """True while the action that holds edited keys is still in the file."""
    return bool(name) and name in bpy.data.actions
