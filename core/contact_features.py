"""What the contact network reads: each leg's landmarks over time, in metres and metres a second, at one frame rate.

Numpy alone and independent of the pose: what the landmark network saw is enough. Both legs look alike to the network:
the right one is mirrored, so one set of weights serves both sides. Used by core/contact_estimator.py and the training,
which has a batch axis after the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .skeleton import LANDMARK_NAMES

FloatArray = NDArray[np.floating[Any]]

CONTACT_RATE_HZ: Final = 30.0
"""The network's own frame rate; whatever the video's is, the landmarks are brought to it."""

_PARTS: Final = ("hip", "knee", "ankle", "heel", "foot_index")
LEGS: Final = tuple([LANDMARK_NAMES.index(f"{side}_{part}") for part in _PARTS] for side in ("left", "right"))
"""Landmarks of the left and of the right leg."""
_HIPS: Final = [LEGS[0][0], LEGS[1][0]]
_BODY: Final = slice(11, 33)

PARTS_OF_A_FOOT: Final = 2
"""Heel and toe."""
CONTACT_FEATURE_SIZE: Final = 2 * (len(_PARTS) * 11 + 2) + 1

_SCALE_REACH_S: Final = 0.5
_LOWEST_REACH_S: Final = 1.0
_LARGEST_SPEED_M_S: Final = 6.0
_SMALLEST_SPREAD: Final = 1e-9


def contact_times(timestamps_s: FloatArray) -> NDArray[np.float64]:
    """Return the even times (F,) of the network's frames, F at least 1, from the first time to the last."""
    duration_s = float(timestamps_s[-1] - timestamps_s[0])
    count = int(duration_s * CONTACT_RATE_HZ + 1e-6) + 1
    return np.asarray(timestamps_s[0] + np.arange(count) / CONTACT_RATE_HZ, np.float64)


def contact_features(
    keypoints2d: FloatArray, world_landmarks: FloatArray, visibility: FloatArray, timestamps_s: FloatArray
) -> NDArray[np.float32]:
    """Return what the network reads of the left and the right leg, (F, ..., 2, 115), F frames of `contact_times`.

    Args:
        keypoints2d: (T, ..., 33, 2) in any unit of length, y down; static camera.
        world_landmarks: (T, ..., 33, 3) metres, camera axes.
        visibility: (T, ..., 33) 0..1.
        timestamps_s: (T,) seconds, increasing, without a long gap.
    """
    even = frame_means(timestamps_s)
    points, world = even(keypoints2d), even(world_landmarks)
    scene = _Scene(points, world, even(visibility), _log_scale(points, world))
    return np.stack([scene.legs(LEGS, 1.0), scene.legs(LEGS[::-1], -1.0)], axis=-2).astype(np.float32)


@dataclass(frozen=True)
class _Scene:
    """Landmarks at the network's frames, and the logarithm (F, ...) of the image's units for a metre at the person."""

    points: FloatArray
    world: FloatArray
    visibility: FloatArray
    log_scale: FloatArray

    def legs(self, legs: tuple[list[int], ...], side: float) -> FloatArray:
        """Return (F, ..., 115) of two legs, the one that is asked about first; side -1 mirrors."""
        joints, feet = [*legs[0], *legs[1]], [*legs[0][-2:], *legs[1][-2:]]
        scale = np.exp(self.log_scale)[..., None, None]
        points, mirror = self.points[..., joints, :], np.array([side, 1.0])
        around = (self.world[..., joints, :] - self._hips(self.world)) * np.array([side, 1.0, 1.0])
        values = [
            (points - self._hips(self.points)) / scale * mirror,
            _slow(_rate(points) / scale * mirror),
            around,
            _slow(_rate(around)),
            self.visibility[..., joints, None],
            (self._lowest()[..., None] - self.points[..., feet, 1:]) / scale,
            _rate(self.log_scale)[..., None, None],
        ]
        return np.concatenate([value.reshape(*value.shape[:-2], -1) for value in values], axis=-1)

    @staticmethod
    def _hips(landmarks: FloatArray) -> FloatArray:
        middle: FloatArray = landmarks[..., _HIPS, :].mean(axis=-2, keepdims=True)
        return middle

    def _lowest(self) -> FloatArray:
        """Return y (F, ..., 1) of the lowest foot part around each frame: where the floor may be."""
        feet = [landmark for leg in LEGS for landmark in leg[-2:]]
        lowest = self.points[..., feet, 1].max(axis=-1)
        reach = round(_LOWEST_REACH_S * CONTACT_RATE_HZ)
        padding = [(reach, reach), *[(0, 0)] * (lowest.ndim - 1)]
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(lowest, padding, mode="edge"), 2 * reach + 1, axis=0)
        result: FloatArray = windows.max(axis=-1)[..., None]
        return result


def frame_means(timestamps_s: FloatArray) -> Callable[[FloatArray], NDArray[np.float64]]:
    """Return a function that takes values (T, ...) to means (F, ...) around each of `contact_times`.

    Between two rows the values run in a straight line. Means over a frame of the network take the noise out of fast
    videos and fill in slow ones.
    """
    times_s = contact_times(timestamps_s)
    half_s = 0.5 / CONTACT_RATE_HZ
    bounds_s = np.stack([times_s - half_s, times_s + half_s]).clip(timestamps_s[0], timestamps_s[-1])

    def means(values: FloatArray) -> NDArray[np.float64]:
        if len(values) == 1:
            return np.asarray(values, np.float64)
        low, high = (_integral(values, timestamps_s, bound_s) for bound_s in bounds_s)
        width_s = (bounds_s[1] - bounds_s[0]).reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray((high - low) / width_s, np.float64)

    return means


def _integral(values: FloatArray, timestamps_s: FloatArray, bounds_s: FloatArray) -> FloatArray:
    """Return the integrals (F, ...) from the first time to each bound of values (T, ...) that run straight between."""

    def across(series: FloatArray) -> FloatArray:
        return series.reshape(-1, *(1,) * (values.ndim - 1))

    steps_s = across(np.diff(timestamps_s))
    whole = np.concatenate([np.zeros_like(values[:1]), np.cumsum((values[1:] + values[:-1]) / 2 * steps_s, axis=0)])
    row = np.clip(np.searchsorted(timestamps_s, bounds_s, side="right") - 1, 0, len(values) - 2)
    inside_s = across(bounds_s - timestamps_s[row])
    slope = (values[row + 1] - values[row]) / steps_s[row]
    result: FloatArray = whole[row] + inside_s * (values[row] + slope * inside_s / 2)
    return result


def _log_scale(points: FloatArray, world: FloatArray) -> FloatArray:
    """Return the logarithm (F, ...) of how many units of the image a metre at the person is, steadied over a second."""
    spreads = [
        np.square(values - values.mean(axis=-2, keepdims=True)).sum(axis=(-1, -2)) + _SMALLEST_SPREAD
        for values in (points[..., _BODY, :], world[..., _BODY, :2])
    ]
    log_scale = np.log(spreads[0] / spreads[1]) / 2
    reach, count = round(_SCALE_REACH_S * CONTACT_RATE_HZ), len(log_scale)
    sums = np.concatenate([np.zeros_like(log_scale[:1]), np.cumsum(log_scale, axis=0)])
    first, end = np.maximum(np.arange(count) - reach, 0), np.minimum(np.arange(count) + reach + 1, count)
    steadied: FloatArray = (sums[end] - sums[first]) / (end - first).reshape(-1, *(1,) * (log_scale.ndim - 1))
    return steadied


def _rate(values: FloatArray) -> FloatArray:
    """Return the change a second of values (F, ...)."""
    if len(values) < 2:
        return np.zeros_like(values)
    rate: FloatArray = np.gradient(values, 1 / CONTACT_RATE_HZ, axis=0)
    return rate


def _slow(rates: FloatArray) -> FloatArray:
    return np.clip(rates, -_LARGEST_SPEED_M_S, _LARGEST_SPEED_M_S)
