"""Whether the camera stood still: what the background does in the picture, with the people left out.

The pipeline shows it all frames; it looks at few of them, and small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .video import Frame

FloatArray = NDArray[np.floating[Any]]
Gray = NDArray[np.uint8]

LOOK_EVERY_S: Final = 0.25
LONG_SIDE_PX: Final = 320
"""Of the picture that is looked at."""
WINDOW_S: Final = 5.0
"""Frames are compared with one that lies at most so far back: what adds up over an hour is not the camera."""
LARGEST_SHIFT: Final = 0.01
"""Of the longer side: a camera on a stand, or in a quiet hand, keeps its picture within this."""
LEAST_POINTS: Final = 20
LEAST_AGREEING: Final = 0.5
"""Of the points, those that move as one: else it is a crowd that moves, or water, and nothing is known."""
OFF_PX: Final = 1.0
PERSON_MARGIN: Final = 0.1
_CORNERS: Final = np.array([[-0.3, -0.3], [0.3, -0.3], [-0.3, 0.3], [0.3, 0.3]])
"""Where the shift is measured, from the middle, in lengths of the longer side: so a zoom or a roll counts too."""


@dataclass(frozen=True)
class CameraMotion:
    """What is known of the camera.

    Attributes:
        largest_shift: of the background within a few seconds, in lengths of the picture's longer side.
        known_share: of the looks in which the background told anything.
    """

    largest_shift: float
    known_share: float

    @property
    def is_moving(self) -> bool:
        """Whether it moved more than a quiet hand does."""
        return self.largest_shift > LARGEST_SHIFT


class CameraWatch:
    """Compares the background of a video's frames with that of earlier ones."""

    def __init__(self) -> None:
        self._shifts: list[float] = []
        self._looks = 0
        self._next_look_s = -np.inf
        self._reference: Gray | None = None
        self._reference_s = -np.inf
        self._points: FloatArray = np.empty((0, 2), np.float32)

    def see(self, frame: Frame, people_px: Sequence[FloatArray]) -> None:
        """Look at a frame, if it is time to; frames come in order.

        Args:
            people_px: boxes (4,) x0, y0, x1, y1 of people, in pixels of the frame.
        """
        if frame.timestamp_s < self._next_look_s:
            return
        self._next_look_s = frame.timestamp_s + LOOK_EVERY_S
        scale = LONG_SIDE_PX / max(frame.image_rgb.shape[:2])
        small = cv2.resize(frame.image_rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        picture = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        hidden = [np.asarray(box) * scale for box in people_px]
        if self._reference is not None:
            self._looks += 1
            shift = self._shift_to(picture, hidden)
            if shift is not None:
                self._shifts.append(shift)
            if shift is not None and frame.timestamp_s - self._reference_s < WINDOW_S:
                return
        self._reference, self._reference_s = picture, frame.timestamp_s
        self._points = _corners_of(picture, hidden)

    def finish(self) -> CameraMotion:
        """Return what all looks say together; the few largest shifts may be mistakes."""
        if not self._shifts:
            return CameraMotion(0.0, 0.0)
        return CameraMotion(float(np.percentile(self._shifts, 90)), len(self._shifts) / self._looks)

    def _shift_to(self, picture: Gray, hidden: list[FloatArray]) -> float | None:
        """Return how far the background has moved since the reference, None where it does not tell."""
        reference = self._reference
        if reference is None or reference.shape != picture.shape or len(self._points) < LEAST_POINTS:
            return None
        found, status, _ = cv2.calcOpticalFlowPyrLK(reference, picture, self._points, None)  # type: ignore[call-overload]
        kept = status[:, 0].astype(bool) & ~_inside(found, hidden)
        if kept.sum() < LEAST_POINTS:
            return None
        moved, agreeing = cv2.estimateAffinePartial2D(
            self._points[kept], found[kept], method=cv2.RANSAC, ransacReprojThreshold=OFF_PX
        )
        if moved is None or agreeing.mean() < LEAST_AGREEING:
            return None
        height, width = picture.shape
        places = np.array([width, height]) / 2 + _CORNERS * LONG_SIDE_PX
        shift = np.linalg.norm(places @ moved[:, :2].T + moved[:, 2] - places, axis=1)
        return float(shift.max() / LONG_SIDE_PX)


def _corners_of(picture: Gray, hidden: list[FloatArray]) -> FloatArray:
    """Return points (N, 2) of the background that can be found again."""
    height, width = picture.shape
    # Hidden before corners are ranked: a checked shirt must not outdo a plain wall.
    grid = np.stack(np.meshgrid(np.arange(float(width)), np.arange(float(height))), axis=-1).reshape(-1, 2)
    shown = np.where(_inside(grid, hidden), 0, 255).astype(np.uint8).reshape(height, width)
    points = cv2.goodFeaturesToTrack(picture, 200, 0.01, 6, mask=shown)
    return np.empty((0, 2), np.float32) if points is None else points.reshape(-1, 2)


def _inside(points: FloatArray, boxes: list[FloatArray]) -> NDArray[np.bool_]:
    """Return which points (N, 2) lie in or near one of the boxes."""
    result = np.zeros(len(points), bool)
    for box in boxes:
        margin = PERSON_MARGIN * (box[2:] - box[:2])
        result |= ((points > box[:2] - margin) & (points < box[2:] + margin)).all(axis=1)
    return result
