"""What the landmark network saw, as the 201 numbers a frame that the lifter reads.

Numpy; core/training/torch_camera.py is its twin with gradients. Never looks at other frames.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .skeleton import LANDMARK_COUNT

FloatArray = NDArray[np.floating[Any]]

BOX_MARGIN: Final = 1.1
SMALLEST_BOX: Final = 1e-4
"""Half side over focal length; keeps a collapsed set of landmarks finite."""

VISIBILITY_COLUMNS: Final = slice(5 * LANDMARK_COUNT, 6 * LANDMARK_COUNT)
"""Of the evidence: after two numbers of the image and three of space for each landmark."""


@dataclass(frozen=True)
class Evidence:
    """The lifter's input for T frames and the square landmark boxes that its weak camera refers to.

    Attributes:
        values: (T, 201) float32: 2-D landmarks in the box, world landmarks, visibility, where and how large the box is.
        box_center_px: (T, 2) relative to the principal point.
        box_half_side_px: (T,)
    """

    values: NDArray[np.float32]
    box_center_px: NDArray[np.float64]
    box_half_side_px: NDArray[np.float64]

    @property
    def visibility(self) -> NDArray[np.float32]:
        """(T, 33) 0..1, as in `values`."""
        return self.values[:, VISIBILITY_COLUMNS]


def landmark_evidence(
    keypoints2d_px: FloatArray,
    world_landmarks: FloatArray,
    visibility: FloatArray,
    focal_length_px: float,
    image_size: tuple[int, int],
) -> Evidence:
    """Return the lifter's input.

    Args:
        keypoints2d_px: (T, 33, 2) source pixels. All landmarks span the box, also those of an unseen limb.
        world_landmarks: (T, 33, 3) metres, camera axes; they are rooted at the middle of the hips here.
        visibility: (T, 33) 0..1.
        image_size: (width, height); its middle is the principal point.
    """
    points = np.asarray(keypoints2d_px, np.float64) - np.asarray(image_size, np.float64) / 2
    low, high = points.min(axis=1), points.max(axis=1)
    center = (low + high) / 2
    half_side = np.maximum((high - low).max(axis=1) / 2 * BOX_MARGIN, SMALLEST_BOX * focal_length_px)
    frame_count = len(points)
    boxed = ((points - center[:, None]) / half_side[:, None, None]).reshape(frame_count, -1)
    world = world_landmarks - world_landmarks[:, 23:25].mean(axis=1, keepdims=True)
    place = np.concatenate([center, half_side[:, None]], axis=1) / focal_length_px
    place[:, 2] = np.log(place[:, 2])
    values = np.concatenate([boxed, 2 * world.reshape(frame_count, -1), visibility, place], axis=1)
    return Evidence(values.astype(np.float32), center, half_side)
