"""What every reader of motion capture gives to the transfer: global rotations and positions of named joints."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class SourceClip:
    """One recording on its own skeleton, keyed by SMPL joint names; T frames, Y up, lengths in the file's own unit.

    Attributes:
        rig: name of the skeleton's kind, see rigs.py.
        frame_rate_hz: frames a second.
        rotations: joint -> (T, 3, 3) global rotation against the zero pose.
        positions: joint -> (T, 3).
        rest: joint -> (3,) position in the zero pose.
        hinge_axes: joint -> (3,) in the zero pose's axes: about which the elbow bends, where the file says so.
        corrections_rotvec: joint -> (3,) see Rig; replaces what follows from `rest`.
    """

    rig: str
    frame_rate_hz: float
    rotations: dict[str, FloatArray]
    positions: dict[str, FloatArray]
    rest: dict[str, FloatArray]
    hinge_axes: dict[str, FloatArray] = field(default_factory=dict)
    corrections_rotvec: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def frame_count(self) -> int:
        """T."""
        return len(self.rotations["pelvis"])


def euler_rotmat(angles_rad: FloatArray, axes: str) -> FloatArray:
    """Return R_axes[0] @ R_axes[1] @ ... (..., 3, 3) of angles (..., len(axes)) about the named axes."""
    result = np.broadcast_to(np.eye(3), (*angles_rad.shape[:-1], 3, 3))
    for index, axis in enumerate(axes):
        result = result @ _axis_rotmat(angles_rad[..., index], axis)
    return result


def _axis_rotmat(angle_rad: FloatArray, axis: str) -> FloatArray:
    """Return the rotation (..., 3, 3) by an angle (...) about `X`, `Y` or `Z`."""
    first = "XYZ".index(axis)
    second, third = (first + 1) % 3, (first + 2) % 3
    result = np.zeros((*angle_rad.shape, 3, 3))
    result[..., first, first] = 1
    result[..., second, second] = result[..., third, third] = np.cos(angle_rad)
    result[..., third, second] = np.sin(angle_rad)
    result[..., second, third] = -np.sin(angle_rad)
    return result
