"""Keeps a followed person's region still while they are still, without lagging behind when they move.

MediaPipe does this to the two points that the region is made from in every mode, even with `smooth_landmarks=False`;
without it the regions, and with them the landmarks, differ by several pixels and jitter more.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .crops import Region

FloatArray = NDArray[np.floating[Any]]

MIN_CUTOFF_HZ: Final = 0.01
CUTOFF_PER_SPEED: Final = 10.0
"""Added cutoff, Hz, for each body circle diameter a second."""
SPEED_CUTOFF_HZ: Final = 1.0


class RegionSmoother:
    """One-euro filter on the hips' centre and the scale point of one person.

    Source: Casiez et al., "1 euro filter" (CHI 2012); numbers of MediaPipe 0.10.21, graph pose_landmark_filtering.
    """

    def __init__(self) -> None:
        self._timestamp_s = -math.inf
        self._raw_px: FloatArray | None = None
        self._smooth_px: FloatArray = np.zeros((2, 2))
        self._speed: FloatArray = np.zeros((2, 2))

    def reset(self) -> None:
        """Forget the past; the next points come back unchanged."""
        self._raw_px = None

    def update(self, circle_px: FloatArray, timestamp_s: float) -> Region:
        """Return the region of the smoothed points.

        Args:
            circle_px: (2, 2) hips' centre, scale point, as PersonLandmarks.circle_px.
            timestamp_s: later than at the last call.
        """
        if self._raw_px is None:
            self._smooth_px, self._speed = circle_px.astype(np.float64), np.zeros((2, 2))
        else:
            step_s = timestamp_s - self._timestamp_s
            diameter_px = max(2 * float(np.linalg.norm(circle_px[1] - circle_px[0])), 1e-6)
            speed = (circle_px - self._raw_px) / diameter_px / step_s
            self._speed = self._speed + _blend(np.array(SPEED_CUTOFF_HZ), step_s) * (speed - self._speed)
            blend = _blend(MIN_CUTOFF_HZ + CUTOFF_PER_SPEED * np.abs(self._speed), step_s)
            self._smooth_px = self._smooth_px + blend * (circle_px - self._smooth_px)
        self._raw_px, self._timestamp_s = circle_px.astype(np.float64), timestamp_s
        return Region.from_body_circle(*self._smooth_px)


def _blend(cutoff_hz: FloatArray, step_s: float) -> FloatArray:
    """Weight of the new value in a first-order low pass."""
    return np.asarray(1.0 / (1.0 + 1.0 / (2 * np.pi * cutoff_hz * step_s)), dtype=np.float64)
