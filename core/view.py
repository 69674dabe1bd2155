"""The camera that filmed, as far as an estimate knows it: where points in front of it appear in the picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class View:
    """The camera that filmed: focal length in pixels, principal point at the centre, no distortion.

    Attributes:
        is_still: whether what stands on the floor stands still in camera axes too.
    """

    focal_length_px: float
    image_size: tuple[int, int]
    frame_rate_hz: float
    is_still: bool = True

    def project(self, points_cam: FloatArray) -> FloatArray:
        """Return source pixels (..., 2) of points (..., 3) in metres, camera axes."""
        center_px = np.asarray(self.image_size, np.float64) / 2
        depth = np.maximum(points_cam[..., 2:], 1e-6)
        projected: FloatArray = self.focal_length_px * points_cam[..., :2] / depth + center_px
        return projected
