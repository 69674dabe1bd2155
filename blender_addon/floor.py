"""Finds the floor under a motion: the height on which the feet stand. numpy only."""

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


def place_on_floor(motions: list[Motion], foot_landmark_heights: FloatArray) -> ScenePlacement:
    """Return the static placement that brings the floor to z = 0 with a level camera.

    Args:
        motions: one or more people of one video; they share floor and camera, so the first, the main one, decides.
        foot_landmark_heights: (4,) metres that heel and toe landmarks lie above the sole, in the order of `contacts`.
    """
    return placement_above_floor(floor_height_m(motions[0], foot_landmark_heights))


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
