"""Follows people through a video: each by the region that their last landmarks give, found anew by a detector.

Called by the pipeline with one frame after another. A frame in which a person is not seen gives no row: nothing is
filled in.
"""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .blazepose_detector import BlazePoseDetector, PersonBox
from .crops import Image, Region
from .models.engine import Network
from .person_landmarks import LandmarkEstimator, PersonLandmarks
from .region_smoothing import RegionSmoother
from .skeleton import BODY_LANDMARKS
from .tracks import Outline, Track, TrackRows, visible_bbox
from .video import Frame

__all__ = ["PersonDetector", "PersonTracker", "Track", "visible_bbox"]

MAX_PEOPLE: Final = 4
MIN_PRESENCE: Final = 0.5
MIN_REGION_PX: Final = 16.0
SEARCH_PERIOD_S: Final = 0.5
"""How often the detector looks for further people; it looks at every frame while someone is missing."""
SEARCH_AFTER_LOSS_S: Final = 0.7
MAX_GAP_S: Final = 2.0
"""A person found again within this time, near enough, goes on in the same track."""
REJOIN_DISTANCE: Final = 0.5
REJOIN_SPEED_PER_S: Final = 1.0
"""How far from where a person was lost they may be found: so many region sizes, and so many more each second."""
REJOIN_SIZE_RATIO: Final = 1.8
SAME_TORSO_DISTANCE: Final = 0.1
SAME_BOX_FRACTION: Final = 0.6
"""A new find this much within a followed person's box is that person's legs, say: someone else waits to step aside."""
MIN_ROWS: Final = 5
"""Shorter tracks are flickers of the detector."""
FEWEST_ROWS: Final = 2
"""Of a track where not every frame is looked at."""
SURE_SCORE: Final = 0.65
SURE_VISIBILITY: Final = 0.6
"""A track that never reached either is bark or foliage: there the landmark network itself can be sure of a person."""
LOOK_AHEAD: Final = 2
"""Frames that are looked at together where they come together; never a matter of the machine, or results would be."""
AHEAD_SHIFT: Final = 0.04
AHEAD_SIZE_RATIO: Final = 1.05
AHEAD_TURN_RAD: Final = 0.1
"""A look ahead counts where the region was so near to the one that the frame before asks for; else it is done again."""

Looks = Mapping[int, PersonLandmarks]
"""What a look ahead into one frame found, by the person's `id`."""


class PersonDetector(Protocol):
    """Finds people in one image, as BlazePoseDetector, NanoDetDetector, CombinedDetector and YoloDetector do.

    A detector with a true attribute `is_tracking` is shown every frame, and its boxes say by `track_id` who is who.
    """

    def detect(self, image_rgb: Image) -> list[PersonBox]:
        """Return the people of one image (H, W, 3), best score first."""
        ...


class _Person:
    """One followed person: the rows so far, and the region to look at next, None while they are lost."""

    def __init__(self) -> None:
        self.rows = TrackRows()
        self.region: Region | None = None
        self.outline: Outline | None = None
        self.track_id: int | None = None
        self.best_score = 0.0
        self._smoother = RegionSmoother()

    def see(self, frame: Frame, landmarks: PersonLandmarks) -> None:
        height, width = frame.image_rgb.shape[:2]
        self.rows.append(frame.index, frame.timestamp_s, landmarks, (width, height))
        self.outline = Outline.of(landmarks)
        region = self._smoother.update(landmarks.circle_px, frame.timestamp_s)
        self.region = region if _is_usable(region, (width, height)) else None

    def recognize(self, box: PersonBox) -> None:
        self.track_id = box.track_id
        self.best_score = max(self.best_score, box.score)

    def is_credible(self, min_rows: int) -> bool:
        if len(self.rows.landmarks) < min_rows:
            return False
        visibility = self.rows.visibility()[:, list(BODY_LANDMARKS)].mean()
        return bool(self.best_score >= SURE_SCORE or visibility >= SURE_VISIBILITY)

    def lose(self) -> None:
        self.region = None
        self._smoother.reset()

    def lost_for_s(self, timestamp_s: float) -> float:
        return timestamp_s - self.rows.timestamps[-1]


class PersonTracker:
    """Follows up to `max_people` people at once.

    Args:
        detector: the network `blazepose_detector`, or any PersonDetector.
        landmarker: the network `blazepose_heavy` or `blazepose_full`.
        max_people: more are not followed at the same time.

    Attributes:
        every: only each such frame of the video comes to `update`.
    """

    def __init__(self, detector: Network | PersonDetector, landmarker: Network, max_people: int = MAX_PEOPLE) -> None:
        self._detector = detector if hasattr(detector, "detect") else BlazePoseDetector(detector)
        self._is_tracking = bool(getattr(detector, "is_tracking", False))
        self._landmarks = LandmarkEstimator(landmarker)
        self._max_people = max_people
        self.every = 1
        self._people: list[_Person] = []
        self._frame_count = 0
        self._next_search_s = -np.inf
        self._workers = ThreadPoolExecutor(LOOK_AHEAD, "landmarks")

    def update(self, frame: Frame) -> None:
        """Follow everyone into the next frame; frames come in order."""
        self._update(frame, {})

    def update_together(self, frames: Sequence[Frame]) -> None:
        """Follow everyone into the next few frames, which are looked at at the same time, each in a thread.

        The later ones are looked at where people were before the first. Who has moved on too far for that is looked at
        again, as `update` does; so both ways lead to nearly the same landmarks, whatever the threads do.
        """
        looks: list[Looks] = [{}] * len(frames)
        if len(frames) > 1 and self._active():
            looks = list(self._workers.map(self._look_ahead, frames))
        for frame, seen in zip(frames, looks, strict=True):
            self._update(frame, seen)

    def _look_ahead(self, frame: Frame) -> Looks:
        people = self._active()
        regions = [person.region for person in people if person.region is not None]
        found = self._landmarks.estimate(frame.image_rgb, regions)
        return {id(person): landmarks for person, landmarks in zip(people, found, strict=True)}

    def _update(self, frame: Frame, looks: Looks) -> None:
        self._frame_count += 1
        self._follow(frame, looks)
        if self._should_search(frame.timestamp_s):
            self._search(frame)
            self._next_search_s = frame.timestamp_s + SEARCH_PERIOD_S

    @property
    def boxes_px(self) -> list[NDArray[np.float64]]:
        """Boxes (4,) x0, y0, x1, y1 of the people who are followed at the moment."""
        return [np.asarray(person.rows.bbox_px[-1], np.float64) for person in self._active()]

    def finish(self) -> list[Track]:
        """Return all tracks, the main person's (box area times screen time) first; posters come after who moves."""
        self._workers.shutdown()
        min_rows = min(max(FEWEST_ROWS, math.ceil(MIN_ROWS / self.every)), self._frame_count)
        tracks = [person.rows.to_track() for person in self._people if person.is_credible(min_rows)]
        return sorted(tracks, key=lambda track: (track.is_still, -track.screen_weight))

    def _active(self) -> list[_Person]:
        return [person for person in self._people if person.region is not None]

    def _follow(self, frame: Frame, looks: Looks) -> None:
        people = self._active()
        seen = self._look(frame, people, looks)
        for person in people:
            if seen[id(person)].presence < MIN_PRESENCE:
                del seen[id(person)]
        for person in _doubles([person for person in people if id(person) in seen], seen):
            del seen[id(person)]
        for person in people:
            if id(person) in seen:
                person.see(frame, seen[id(person)])
            else:
                person.lose()

    def _look(self, frame: Frame, people: list[_Person], looks: Looks) -> dict[int, PersonLandmarks]:
        """Return everybody's landmarks by `id`: those of the look ahead where it was near enough, else new ones."""
        ahead = [person for person in people if _is_near(looks.get(id(person)), person.region)]
        others = [person for person in people if person not in ahead]
        regions = [person.region for person in others if person.region is not None]
        found = self._landmarks.estimate(frame.image_rgb, regions)
        return {id(person): looks[id(person)] for person in ahead} | {
            id(person): landmarks for person, landmarks in zip(others, found, strict=True)
        }

    def _should_search(self, timestamp_s: float) -> bool:
        if self._is_tracking:
            return True
        active = self._active()
        if len(active) >= self._max_people:
            return False
        lost = [person for person in self._people if person.region is None]
        someone_missing = any(person.lost_for_s(timestamp_s) <= SEARCH_AFTER_LOSS_S for person in lost)
        return not active or someone_missing or timestamp_s >= self._next_search_s

    def _search(self, frame: Frame) -> None:
        for box in self._detector.detect(frame.image_rgb):
            person = self._find_followed(box)
            if person is None and len(self._active()) < self._max_people:
                person = self._look_for_person(frame, box)
            if person is not None:
                person.recognize(box)

    def _find_followed(self, box: PersonBox) -> _Person | None:
        """Who of the followed people the box plainly shows, so that its landmarks need not be computed."""
        for person in self._active():
            if person.region is not None and _is_same_region(box.region, person.region):
                return person
        return None

    def _look_for_person(self, frame: Frame, box: PersonBox) -> _Person | None:
        """Whom the box shows: someone followed, someone who was lost, or someone new; None where nobody is."""
        landmarks = self._look_closer(frame.image_rgb, box.region)
        if landmarks is None:
            return None
        outline = Outline.of(landmarks)
        for person in self._active():
            if person.outline is not None and _is_same_person(outline, person.outline):
                return person
        found = self._choose_lost(frame, box, outline)
        if found is None:
            found = _Person()
            self._people.append(found)
        found.see(frame, landmarks)
        return found

    def _look_closer(self, image_rgb: Image, region: Region) -> PersonLandmarks | None:
        """Landmarks of a new region, looked at twice since the detector's region is rough; None for nobody."""
        for _ in range(2):
            height, width = image_rgb.shape[:2]
            if not _is_usable(region, (width, height)):
                return None
            landmarks = self._landmarks.estimate(image_rgb, [region])[0]
            if landmarks.presence < MIN_PRESENCE:
                return None
            region = landmarks.next_region
        return landmarks

    def _choose_lost(self, frame: Frame, box: PersonBox, outline: Outline) -> _Person | None:
        """Who of the lost people this is: the one whom the detector knows again, or else the nearest within reach."""
        lost = [person for person in self._people if person.region is None and person.rows.frame_ids[-1] < frame.index]
        known = [person for person in lost if box.track_id is not None and person.track_id == box.track_id]
        near = [person for person in lost if _may_rejoin(person, outline, frame)]
        return min(known or near, key=lambda person: _center_distance(person, outline), default=None)


def _center_distance(person: _Person, outline: Outline) -> float:
    return outline.center_distance(person.outline) if person.outline is not None else np.inf


def _may_rejoin(person: _Person, outline: Outline, frame: Frame) -> bool:
    gap_s = person.lost_for_s(frame.timestamp_s)
    if gap_s > MAX_GAP_S or person.outline is None:
        return False
    ratio = outline.size_px / person.outline.size_px
    near = _center_distance(person, outline) <= REJOIN_DISTANCE + REJOIN_SPEED_PER_S * gap_s
    return near and 1 / REJOIN_SIZE_RATIO <= ratio <= REJOIN_SIZE_RATIO


def _doubles(people: list[_Person], seen: dict[int, PersonLandmarks]) -> list[_Person]:
    """Of each two tracks that ended up on one person, the one that had to jump further to get there."""
    outlines = {id(person): Outline.of(seen[id(person)]) for person in people}
    by_jump = sorted(people, key=lambda person: _center_distance(person, outlines[id(person)]))
    kept: list[_Person] = []
    doubles = []
    for person in by_jump:
        outline = outlines[id(person)]
        if any(outline.torso_distance(outlines[id(other)]) < SAME_TORSO_DISTANCE for other in kept):
            doubles.append(person)
        else:
            kept.append(person)
    return doubles


def _is_same_person(new: Outline, followed: Outline) -> bool:
    """Whether a new find is someone already followed, or a part of them: stricter than for two old tracks."""
    return new.torso_distance(followed) < SAME_TORSO_DISTANCE or new.covered_fraction(followed) > SAME_BOX_FRACTION


def _is_same_region(new: Region, followed: Region) -> bool:
    """Whether two regions are nearly the same square."""
    distance_px = float(np.linalg.norm(new.center_px - followed.center_px))
    smaller, larger = sorted((new.size_px, followed.size_px))
    return distance_px < 0.2 * smaller and larger < 1.5 * smaller


def _is_near(look: PersonLandmarks | None, region: Region | None) -> bool:
    """Whether a look ahead was into nearly the region that is asked for, so that it would say the same."""
    if look is None or region is None:
        return False
    shift = float(np.linalg.norm(look.region.center_px - region.center_px)) / region.size_px
    ratio = look.region.size_px / region.size_px
    turn_rad = abs((look.region.rotation_rad - region.rotation_rad + np.pi) % (2 * np.pi) - np.pi)
    is_alike = 1 / AHEAD_SIZE_RATIO <= ratio <= AHEAD_SIZE_RATIO and turn_rad <= AHEAD_TURN_RAD
    return is_alike and shift <= AHEAD_SHIFT


def _is_usable(region: Region, image_size: tuple[int, int]) -> bool:
    """Whether a region is of some size and touches the image; `image_size` is width, height."""
    width, height = image_size
    if not np.isfinite(region.center_px).all() or not MIN_REGION_PX <= region.size_px <= 8 * max(width, height):
        return False
    half = region.size_px / 2
    x, y = region.center_px
    return bool(-half < x < width + half and -half < y < height + half)
