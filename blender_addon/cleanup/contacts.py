"""The contact curves: whether each foot stands, as two animated custom properties that the artist edits."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..axes import FloatArray
from ..compat import ActionCurves, current_fcurves
from ..keyframes import write_keys

CONTACT_PROPERTIES: Final = ("left_foot_contact", "right_foot_contact")
CURVE_GROUP: Final = "Foot Contacts"


def contact_path(name: str) -> str:
    """Return the data path of a contact's custom property."""
    return f'["{name}"]'


def write_contacts(armature: Any, curves: ActionCurves, frames: FloatArray, feet_stand: NDArray[np.bool_]) -> None:
    """Key which feet stand (M, 2) at scene frames (M,): a key wherever it changes, held until the next one."""
    existing = {curve.data_path: curve for curve in curves.container.fcurves}
    for side, name in enumerate(CONTACT_PROPERTIES):
        values = feet_stand[:, side].astype(np.float64)
        changes = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
        if name not in armature:
            _add_property(armature, name, bool(values[0]))
        curve = existing.get(contact_path(name)) or curves.new(contact_path(name), 0, CURVE_GROUP)
        curve.keyframe_points.clear()
        write_keys(curve, frames[changes], values[changes], "CONSTANT")


def read_contacts(armature: Any, frames: FloatArray) -> NDArray[np.bool_] | None:
    """Return which feet stand (M, 2) at scene frames (M,) as the curves say now; None where a curve is missing."""
    by_path = {curve.data_path: curve for curve in current_fcurves(armature)}
    curves = [by_path.get(contact_path(name)) for name in CONTACT_PROPERTIES]
    if any(curve is None or not len(curve.keyframe_points) for curve in curves):
        return None
    # Single precision, as keys have: a key on the very frame counts.
    moments = frames.astype(np.float32).tolist()
    columns = [[curve.evaluate(moment) >= 0.5 for moment in moments] for curve in curves if curve is not None]
    return np.array(columns, bool).T


def _add_property(armature: Any, name: str, value: bool) -> None:
    armature[name] = value
    armature.id_properties_ui(name).update(description="Whether this foot stands; animated, and meant to be edited")
