"""The three frames that meet in Blender, and the static transform of the whole capture. numpy only.

Camera: +x right, +y down, +z away. Blender's world: z up. SMPL's rest: Y up, facing +Z, +X the subject's left.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

WORLD_FROM_CAMERA: Final[FloatArray] = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
"""(x, y, z) -> (x, z, -y): the camera looks along +Y, level."""

ARMATURE_FROM_SMPL: Final[FloatArray] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
"""SMPL's axes stood up: (x, y, z) -> (x, -z, y), facing -Y. Its columns are every bone's rest axes."""


@dataclass(frozen=True)
class ScenePlacement:
    """Where the capture stands in the scene: one rigid transform for the bodies and the camera alike.

    Attributes:
        rotation: (3, 3), world from camera.
        translation: (3,) metres.
    """

    rotation: FloatArray
    translation: FloatArray

    def to_world(self, points_cam: FloatArray) -> FloatArray:
        """Return points (..., 3), metres, camera axes, in Blender's world."""
        world: FloatArray = points_cam @ self.rotation.T + self.translation
        return world


def placement_above_floor(floor_height_m: float) -> ScenePlacement:
    """Return the placement with a level camera that brings a height (world z before it) to z = 0."""
    return ScenePlacement(WORLD_FROM_CAMERA, np.array([0.0, 0.0, -floor_height_m]))
