"""The three frames that meet in Blender, and the static transform of the whole capture. numpy only.

Camera: +x right, +y down, +z away. Blender's world: z up. SMPL's rest: Y up, facing +Z, +X the subject's left.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.rotations import continuous_quat_wxyz, quat_wxyz_to_rotmat, rotmat_to_quat_wxyz

FloatArray = NDArray[np.floating[Any]]

WORLD_FROM_CAMERA: Final[FloatArray] = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
"""(x, y, z) -> (x, z, -y): the camera looks along +Y, level."""

ARMATURE_FROM_SMPL: Final[FloatArray] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
"""SMPL's axes stood up: (x, y, z) -> (x, -z, y), facing -Y. Its columns are every bone's rest axes."""


BLENDER_CAMERA_AXES: Final[FloatArray] = np.diag([1.0, -1.0, -1.0])
"""Blender's camera looks along its -Z with +Y up; in camera axes that is +z away and +y down."""


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


@dataclass(frozen=True)
class MovingPlacement:
    """Where a capture stands in each of T frames, as a moving camera filmed it.

    Attributes:
        rotation: (T, 3, 3), world from camera.
        translation: (T, 3) metres.
    """

    rotation: FloatArray
    translation: FloatArray

    def to_world(self, points_cam: FloatArray) -> FloatArray:
        """Return points (T, 3), metres, camera axes, in Blender's world."""
        world: FloatArray = (self.rotation @ points_cam[..., None])[..., 0] + self.translation
        return world


def placement_above_floor(floor_height_m: float) -> ScenePlacement:
    """Return the placement with a level camera that brings a height (world z before it) to z = 0."""
    return ScenePlacement(WORLD_FROM_CAMERA, np.array([0.0, 0.0, -floor_height_m]))


def keyed_quat_wxyz(local_quat_wxyz: FloatArray, placement: ScenePlacement | MovingPlacement) -> FloatArray:
    """Return the bones' local quaternions (T, 24, 4), without sign flips in time.

    All but the root's are SMPL's own local rotations, since every bone rests in SMPL's axes.

    Args:
        local_quat_wxyz: (T, 24, 4) SMPL's, the root's in camera axes.
    """
    quats = local_quat_wxyz.copy()
    root_rotmat = ARMATURE_FROM_SMPL.T @ placement.rotation @ quat_wxyz_to_rotmat(quats[:, 0])
    quats[:, 0] = rotmat_to_quat_wxyz(root_rotmat)
    return continuous_quat_wxyz(quats)


def keyed_location(pelvis_world: FloatArray, pelvis_rest: FloatArray) -> FloatArray:
    """Return the root bone's location (T, 3), metres, in its rest frame.

    Args:
        pelvis_world: (T, 3); `pelvis_rest`: (3,) head of the root bone, armature axes.
    """
    location: FloatArray = (pelvis_world - pelvis_rest) @ ARMATURE_FROM_SMPL
    return location
