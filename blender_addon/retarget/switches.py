"""The switches of a generated Rigify rig, and its other controls that have to rest: then FK alone moves the body."""

import re
from typing import Any, Final

import numpy as np

from ..compat import ActionCurves
from ..keyframes import write_keys
from .carriage import Carriage
from .rig import Rig
from .target_keys import bone_path

SWITCHES: Final = {"IK_FK": 1.0, "IK_Stretch": 0.0, "FK_limb_follow": 0.0, "neck_follow": 1.0, "head_follow": 1.0}
"""Rigify's custom properties by name."""
RESTING: Final = re.compile(r"(root|hips|chest|tweak_spine.*|(upper_arm|forearm|hand|thigh|shin|foot)_tweak.*)$")
"""Rigify's controls that move the same bones as the FK controls do."""


def is_fk_rig(rig: Rig, carriage: Carriage) -> bool:
    """True where the driven bones are Rigify's FK controls."""
    return any("_fk" in rig.names[entry.bone] for entry in carriage.driven)


def resting_controls(rig: Rig, carriage: Carriage) -> list[int]:
    """Return the places of the controls that have to rest."""
    driven = {entry.bone for entry in carriage.driven}
    return [place for place, name in enumerate(rig.names) if RESTING.match(name) and place not in driven]


def key_switches(target: Any, curves: ActionCurves, frame: float) -> None:
    """Set and key the switches to FK."""
    for bone in target.pose.bones:
        for name, value in SWITCHES.items():
            if not isinstance(bone.get(name), int | float):
                continue
            bone[name] = type(bone[name])(value)
            curve = curves.new(f'{bone_path(bone.name)}["{name}"]', 0, bone.name)
            write_keys(curve, np.array([frame]), np.array([value]), "CONSTANT")
