"""The switches of a generated Rigify rig: with these values its FK controls alone move the body."""

from typing import Any, Final

import numpy as np

from ..compat import ActionCurves
from ..keyframes import write_keys
from .carriage import Carriage
from .rig import Rig
from .target_keys import bone_path

SWITCHES: Final = {"IK_FK": 1.0, "IK_Stretch": 0.0, "FK_limb_follow": 0.0, "neck_follow": 1.0, "head_follow": 1.0}
"""Rigify's custom properties by name."""


def key_switches(target: Any, curves: ActionCurves, frame: float, rig: Rig, carriage: Carriage) -> None:
    """Set and key the switches to FK, where the driven bones are FK controls."""
    if not any("_fk" in rig.names[entry.bone] for entry in carriage.driven):
        return
    for bone in target.pose.bones:
        for name, value in SWITCHES.items():
            if not isinstance(bone.get(name), int | float):
                continue
            bone[name] = type(bone[name])(value)
            curve = curves.new(f'{bone_path(bone.name)}["{name}"]', 0, bone.name)
            write_keys(curve, np.array([frame]), np.array([value]), "CONSTANT")
