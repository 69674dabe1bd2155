"""What the tracker hands on: one person's landmarks over time, and the geometry that tells people apart."""

from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from .person_landmarks import PersonLandmarks
from .skeleton import LANDMARK_COUNT

FloatArray = NDArray[np.floating[Any]]

VISIBLE: Final = 0.5
STILL_SHARE: Final = 0.008
"""Of the height, how far the landmarks of a picture on a wall stray; measured with noise: 0.004 (people: 0.1)."""
FEWEST_STILL_FRAMES: Final = 10
FEWEST_STILL_ROWS: Final = 5
"""Where not every frame is looked at."""
TORSO: Final = (11, 12, 23, 24)
"""Shoulders and hips: what stays when limbs swing."""


@dataclass(frozen=True)
class Track:
    """One person over T frames; frames without the person have no row.

    Attributes:
        frame_ids: (T,) int64, 0-based source frames, increasing.
        timestamps: (T,) float64 seconds.
        bbox_px: (T, 4) x0, y0, x1, y1 around the visible landmarks, inside the image.
        keypoints2d_px: (T, 33, 2) image pixels.
        world_landmarks: (T, 33, 3) metres, camera axes, origin midway between the hips.
        visibility: (T, 33) 0..1.
        presence: (T,) 0..1.
    """

    frame_ids: NDArray[np.int64]
    timestamps: NDArray[np.float64]
    bbox_px: NDArray[np.float64]
    keypoints2d_px: NDArray[np.float64]
    world_landmarks: NDArray[np.float64]
    visibility: NDArray[np.float64]
    presence: NDArray[np.float64]

    @property
    def is_filled(self) -> NDArray[np.bool_]:
        """(T,) which rows nobody was seen in; see core/gap_filling.py."""
        return self.presence <= 0

    @property
    def is_still(self) -> bool:
        """Whether nothing of the person moves in the picture: a poster, a photo, a dummy before a camera that stands.

        Note: never true of less than `FEWEST_STILL_FRAMES`. A person who stands still sways by some percent.
        """
        is_seen = self.visibility.mean(axis=0) >= VISIBLE
        is_short = len(self.frame_ids) < FEWEST_STILL_ROWS or np.ptp(self.frame_ids) + 1 < FEWEST_STILL_FRAMES
        if is_short or not is_seen.any():
            return False
        spread_px = np.linalg.norm(self.keypoints2d_px[:, is_seen].std(axis=0), axis=1)
        height_px = float(np.median(self.bbox_px[:, 3] - self.bbox_px[:, 1]))
        return bool(np.percentile(spread_px, 90) < STILL_SHARE * height_px)

    @property
    def screen_weight(self) -> float:
        """Box area times screen time (px^2 frames); the main person has the largest."""
        return float((self.bbox_px[:, 2:] - self.bbox_px[:, :2]).prod(axis=1).sum())

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Return some of the rows: those that are true of (T,), or those of the indices (R,)."""
        return type(self)(**{item.name: getattr(self, item.name)[rows] for item in fields(self)})


_IMAGE: Final = slice(0, 2 * LANDMARK_COUNT)
_WORLD: Final = slice(_IMAGE.stop, _IMAGE.stop + 3 * LANDMARK_COUNT)
_VISIBILITY: Final = slice(_WORLD.stop, _WORLD.stop + LANDMARK_COUNT)


@dataclass
class TrackRows:
    """A track that is still growing; an hour of it must not weigh much, so a row is one array and no more.

    Attributes:
        landmarks: (199,) of each row: 33 image points, 33 places in metres, 33 visibilities, presence.
    """

    frame_ids: list[int] = field(default_factory=list)
    timestamps: list[float] = field(default_factory=list)
    bbox_px: list[FloatArray] = field(default_factory=list)
    landmarks: list[NDArray[np.float64]] = field(default_factory=list)

    def append(
        self, frame_id: int, timestamp_s: float, landmarks: PersonLandmarks, image_size: tuple[int, int]
    ) -> None:
        """Add one frame's row; `image_size` is width, height."""
        self.frame_ids.append(frame_id)
        self.timestamps.append(timestamp_s)
        self.bbox_px.append(visible_bbox(landmarks.keypoints2d_px, landmarks.visibility, image_size))
        parts = (landmarks.keypoints2d_px, landmarks.world_landmarks, landmarks.visibility, landmarks.presence)
        self.landmarks.append(np.concatenate([np.ravel(part) for part in parts]).astype(np.float64))

    def visibility(self) -> NDArray[np.float64]:
        """Return the visibility (T, 33) of all rows."""
        return np.stack([row[_VISIBILITY] for row in self.landmarks])

    def to_track(self) -> Track:
        """Return the rows as arrays."""
        rows = np.stack(self.landmarks)
        world_landmarks = rows[:, _WORLD].reshape(len(rows), -1, 3)
        hip_centers = world_landmarks[:, TORSO[2:]].mean(axis=1, keepdims=True)
        return Track(
            frame_ids=np.array(self.frame_ids, dtype=np.int64),
            timestamps=np.array(self.timestamps, dtype=np.float64),
            bbox_px=np.stack(self.bbox_px).astype(np.float64),
            keypoints2d_px=rows[:, _IMAGE].reshape(len(rows), -1, 2).copy(),
            world_landmarks=world_landmarks - hip_centers,
            visibility=rows[:, _VISIBILITY].copy(),
            presence=rows[:, -1].copy(),
        )


@dataclass(frozen=True)
class Outline:
    """Where a person is: torso corners (4, 2), box (4,) around the visible landmarks, and the region's side."""

    torso_px: FloatArray
    bbox_px: FloatArray
    size_px: float

    @classmethod
    def of(cls, landmarks: PersonLandmarks) -> Self:
        """Return the outline of one frame's landmarks."""
        bbox_px = visible_bbox(landmarks.keypoints2d_px, landmarks.visibility)
        return cls(landmarks.keypoints2d_px[list(TORSO)], bbox_px, landmarks.next_region.size_px)

    def torso_distance(self, other: Self) -> float:
        """Mean distance of the torso's corners over the smaller of both sizes."""
        distance_px = np.linalg.norm(self.torso_px - other.torso_px, axis=1).mean()
        return float(distance_px / max(min(self.size_px, other.size_px), 1e-6))

    def center_distance(self, other: Self) -> float:
        """Distance of the torsos' centres over the smaller of both sizes."""
        distance_px = np.linalg.norm(self.torso_px.mean(axis=0) - other.torso_px.mean(axis=0))
        return float(distance_px / max(min(self.size_px, other.size_px), 1e-6))

    def covered_fraction(self, other: Self) -> float:
        """Shared area of both boxes over the smaller one's: 1 when one lies within the other."""
        shared = np.clip(
            np.minimum(self.bbox_px[2:], other.bbox_px[2:]) - np.maximum(self.bbox_px[:2], other.bbox_px[:2]), 0, None
        ).prod()
        areas = [(outline.bbox_px[2:] - outline.bbox_px[:2]).prod() for outline in (self, other)]
        return float(shared / max(min(areas), 1e-6))


def visible_bbox(
    keypoints2d_px: FloatArray, visibility: FloatArray, image_size: tuple[int, int] | None = None
) -> NDArray[np.float64]:
    """Return the box (4,) x0, y0, x1, y1 around the visible landmarks of one person, around all where few are visible.

    Args:
        keypoints2d_px: (33, 2).
        visibility: (33,).
        image_size: width, height to keep the box inside of, or None.
    """
    visible = visibility >= VISIBLE
    points = keypoints2d_px[visible] if visible.sum() >= len(TORSO) else keypoints2d_px
    corners = np.stack([points.min(axis=0), points.max(axis=0)])
    if image_size is not None:
        corners = np.clip(corners, 0.0, np.array(image_size, dtype=np.float64))
    return corners.reshape(4).astype(np.float64)
