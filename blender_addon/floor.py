"""Finds the floor under a motion: the one that the estimate found, else where the feet stand. numpy only."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.motion import Motion
from ..core.skeleton import CONTACT_LANDMARKS
from .axes import WORLD_FROM_CAMERA, ScenePlacement, placement_above_floor

FloatArray = NDArray[np.floating[Any]]

CONTACT_THRESHOLD: Final = 0.5
MIN_CONTACT_COUNT: Final = 8
"""Fewer contacts than this are more likely wrong than right; then the lowest foot positions decide."""

LOW_PERCENTILE: Final = 5.0
"""Of the lower foot's height over time: low, but blind to a few frames in which a foot was thrown below the floor."""


STEEPEST_DEG: Final = 60.0
"""A floor that is tilted more against the camera is no floor; nobody films so."""


def place_on_floor(motions: list[Motion], foot_landmark_heights: FloatArray) -> ScenePlacement:
    """Return the static placement that brings the floor to z = 0.

    Where the estimate found the floor, the camera gets its pitch and roll from it; else the camera is taken for level.

    Args:
        motions: one or more people of one video; they share floor and camera, so the first, the main one, decides.
        foot_landmark_heights: (4,) metres that heel and toe landmarks lie above the sole, in the order of `contacts`.
    """
    found = known_floor(motions[0].metadata)
    if found is not None:
        return found
    return placement_above_floor(floor_height_m(motions[0], foot_landmark_heights))


def known_floor(metadata: Mapping[str, Any]) -> ScenePlacement | None:
    """Return the placement on the floor that a motion file tells of, None where it tells of none or of nonsense."""
    floor = metadata.get("floor")
    if not isinstance(floor, Mapping) or not floor.get("is_estimated"):
        return None
    try:
        normal_cam = np.asarray(floor.get("normal_cam"), np.float64)
        offset_m = float(floor["offset_m"])
    except (KeyError, TypeError, ValueError):
        return None
    if normal_cam.shape != (3,) or not np.isfinite([*normal_cam, offset_m]).all():
        return None
    length = float(np.linalg.norm(normal_cam))
    up = WORLD_FROM_CAMERA @ normal_cam
    if length < 0.5 or up[2] < length * np.cos(np.radians(STEEPEST_DEG)):
        return None
    return ScenePlacement(turn_up(up / length) @ WORLD_FROM_CAMERA, np.array([0.0, 0.0, -offset_m / length]))


def turn_up(direction: FloatArray) -> FloatArray:
    """Return the smallest rotation (3, 3) that turns a unit direction (3,), not straight down, to +z.

    Source: Rodrigues' formula with axis and angle from cross and dot product.
    """
    x, y, z = direction
    cross = np.array([[0.0, 0.0, -x], [0.0, 0.0, -y], [x, y, 0.0]])
    rotation: FloatArray = np.eye(3) + cross + cross @ cross / (1.0 + z)
    return rotation


def floor_height_m(motion: Motion, foot_landmark_heights: FloatArray) -> float:
    """Return the floor's height, metres, in world axes with the camera at z = 0.

    The median height of the soles in contact; without contacts a low percentile of the lower foot.
    """
    feet_world = motion.keypoints[:, list(CONTACT_LANDMARKS)] @ WORLD_FROM_CAMERA.T
    sole_heights = feet_world[..., 2] - foot_landmark_heights
    in_contact = motion.contacts > CONTACT_THRESHOLD
    if in_contact.sum() >= MIN_CONTACT_COUNT:
        return float(np.median(sole_heights[in_contact]))
    return float(np.percentile(sole_heights.min(axis=1), LOW_PERCENTILE))
