"""Tracking logic on drawn people whom toy networks find by their pixels, and the real networks on the excerpt."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.blazepose_detector import PersonBox
from core.crops import Region
from core.models.engine import load_network
from core.person_tracker import PersonTracker
from core.tracks import Track
from core.video import Frame, VideoReader

EXCERPT = Path(__file__).parents[1] / "data" / "walk_excerpt.mp4"
RATE_HZ = 30.0
Place = tuple[float, float, float]
"""Centre x, y and height of a drawn person."""

# Where the 33 landmarks and the two points of the body circle lie in a drawn person's box, from -0.5 to 0.5.
LAYOUT = np.random.default_rng(3).uniform(-0.5, 0.5, (39, 2))
LAYOUT[0], LAYOUT[1] = (-0.5, -0.5), (0.5, 0.5)
LAYOUT[[11, 12, 23, 24]] = [(0.5, -0.3), (-0.5, -0.3), (0.4, 0.0), (-0.4, 0.0)]
LAYOUT[33], LAYOUT[34] = (0.0, 0.0), (0.0, -0.5)


class ToyDetector:
    """Finds every drawn person as a connected bright area."""

    def __init__(self) -> None:
        self.call_count = 0

    def detect(self, image_rgb: np.ndarray) -> list[PersonBox]:
        self.call_count += 1
        _, _, stats, _ = cv2.connectedComponentsWithStats((image_rgb[..., 0] > 127).astype(np.uint8))
        boxes = [np.array([x, y, x + w, y + h], dtype=float) for x, y, w, h, area in stats[1:] if area > 50]
        return [PersonBox(0.9, box, Region.around_box(box)) for box in boxes]


class ToyLandmarker:
    """Finds the bright area nearest to the crop's centre, like the real network at the size that it knows."""

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        rows = [self._run_one(image) for image in inputs["image"]]
        names = ("landmarks", "presence", "heatmap", "world_landmarks")
        return {name: np.stack(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}

    def _run_one(self, image: np.ndarray) -> tuple[np.ndarray, ...]:
        count, _, stats, centers = cv2.connectedComponentsWithStats((image[0] > 0.5).astype(np.uint8))
        landmarks = np.zeros((39, 5))
        presence = np.zeros(1)
        distances = np.linalg.norm(centers[1:] - 128, axis=1)
        if count > 1 and distances.min() < 80:
            x, y, width, height, _ = stats[1 + distances.argmin()]
            landmarks[:, :2] = np.array([x + width / 2, y + height / 2]) + LAYOUT * [width, height]
            landmarks[:, 3] = 5
            presence[0] = 0.95 if height > 60 else 0.1
        return landmarks, presence, np.full((39, 64, 64), -20.0), np.random.default_rng(0).normal(size=(39, 3))


class ToyTrackingDetector(ToyDetector):
    """Calls everyone by their height, as if it knew their faces."""

    is_tracking = True

    def detect(self, image_rgb: np.ndarray) -> list[PersonBox]:
        return [
            replace(box, track_id=round(float(box.bbox_px[3] - box.bbox_px[1]))) for box in super().detect(image_rgb)
        ]


def draw(people: Iterable[Place], size: tuple[int, int] = (480, 270)) -> np.ndarray:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for x, y, height in people:
        corner, opposite = (
            (round(x - height / 6), round(y - height / 2)),
            (round(x + height / 6), round(y + height / 2)),
        )
        cv2.rectangle(image, corner, opposite, (255, 255, 255), -1)
    return image


def track(scenes: Iterable[Iterable[Place]], detector: ToyDetector | None = None, **options: int) -> list[Track]:
    tracker = PersonTracker(detector or ToyDetector(), ToyLandmarker(), **options)
    for index, people in enumerate(scenes):
        tracker.update(Frame(index, index / RATE_HZ, draw(people)))
    return tracker.finish()


def test_one_person_is_one_track_with_a_row_for_each_frame():
    detector = ToyDetector()
    tracks = track(([(60 + 5 * index, 130, 120)] for index in range(60)), detector)
    assert len(tracks) == 1
    np.testing.assert_array_equal(tracks[0].frame_ids, np.arange(60))
    np.testing.assert_allclose(tracks[0].timestamps, np.arange(60) / RATE_HZ)
    centers = (tracks[0].bbox_px[:, :2] + tracks[0].bbox_px[:, 2:]) / 2
    np.testing.assert_allclose(centers[:, 0], 60 + 5 * np.arange(60), atol=3)
    assert detector.call_count < 8


def test_nobody_gives_no_track():
    assert track([[] for _ in range(20)]) == []


def test_flicker_is_not_a_person():
    assert track([[(200, 130, 120)] if index in (5, 6) else [] for index in range(40)]) == []


def test_one_frame_video_gives_a_one_row_track():
    tracks = track([[(200, 130, 120)]])
    assert [one.frame_ids.tolist() for one in tracks] == [[0]]


def test_largest_person_on_screen_longest_comes_first():
    scenes = [[(100, 130, 90), (350, 130, 150)] if index < 30 else [(100, 130, 90)] for index in range(40)]
    heights = [np.ptp(one.bbox_px[0, 1::2]) for one in track(scenes)]
    np.testing.assert_allclose(heights, [150, 90], atol=3)
    scenes = [[(100, 130, 90), (350, 130, 150)] if index < 10 else [(100, 130, 90)] for index in range(40)]
    heights = [np.ptp(one.bbox_px[0, 1::2]) for one in track(scenes)]
    np.testing.assert_allclose(heights, [90, 150], atol=3)


def test_further_person_is_found_while_another_is_followed():
    tracks = track([(100, 130, 120)] + ([(350, 130, 100)] if index >= 20 else []) for index in range(60))
    assert len(tracks[0].frame_ids) == 60
    assert 20 <= tracks[1].frame_ids[0] <= 20 + 15
    np.testing.assert_array_equal(np.diff(tracks[1].frame_ids), 1)


def test_short_loss_is_a_gap_in_the_same_track():
    hidden = range(20, 32)
    tracks = track([] if index in hidden else [(100 + 2 * index, 130, 120)] for index in range(60))
    assert len(tracks) == 1
    np.testing.assert_array_equal(tracks[0].frame_ids, [index for index in range(60) if index not in hidden])


def test_long_loss_starts_another_track():
    tracks = track([] if 20 <= index < 120 else [(200, 130, 120)] for index in range(150))
    assert sorted(len(one.frame_ids) for one in tracks) == [20, 30]


def test_someone_who_appears_far_away_is_another_person():
    tracks = track([[(60, 130, 100)] if index < 20 else [(430, 130, 100)] for index in range(40)])
    assert [len(one.frame_ids) for one in tracks] == [20, 20]


def test_detector_that_knows_people_rejoins_them_after_any_time_and_anywhere():
    """The two come back in each other's place."""
    first, second = [(100, 130, 120), (380, 130, 90)], [(380, 130, 120), (100, 130, 90)]
    scenes = [first if index < 20 else [] if index < 120 else second for index in range(150)]
    detector = ToyTrackingDetector()
    tracks = track(scenes, detector)
    assert detector.call_count == 150
    assert [len(one.frame_ids) for one in tracks] == [50, 50]
    for one, height in zip(tracks, (120, 90), strict=True):
        np.testing.assert_allclose(np.ptp(one.bbox_px[:, 1::2], axis=1), height, atol=3)


def test_two_tracks_never_stay_on_one_person():
    """Two people walk into one place, where only one can be seen, and part again."""
    scenes = []
    for index in range(90):
        apart = abs(index - 45) * 4
        scenes.append([(240 - apart, 130, 120), (240 + apart, 130, 120)] if apart > 24 else [(240, 130, 120)])
    tracks = track(scenes)
    for frame_id in range(90):
        boxes = [one.bbox_px[one.frame_ids == frame_id] for one in tracks]
        centers = sorted(float(box[0, [0, 2]].mean()) for box in boxes if len(box))
        assert len(centers) <= 2
        assert np.diff(centers).min(initial=1e3) > 24
    assert sum(len(one.frame_ids) for one in tracks) > 140


def test_no_more_people_are_followed_than_asked_for():
    crowd = [(50 + 90 * column, 80 + 110 * row, 80) for column in range(5) for row in range(2)]
    tracks = track(([*crowd] for _ in range(20)), max_people=3)
    assert len(tracks) == 3


def test_person_leaving_the_image_ends_the_track():
    tracks = track([(300 + 8 * index, 130, 120)] for index in range(60))
    assert len(tracks) == 1
    assert 20 <= tracks[0].frame_ids[-1] <= 28


def test_picture_scaled_gives_tracks_scaled():
    def run(scale: int) -> Track:
        tracker = PersonTracker(ToyDetector(), ToyLandmarker())
        for index in range(12):
            image = draw([(scale * (100 + 4 * index), scale * 130, scale * 120)], (scale * 480, scale * 270))
            tracker.update(Frame(index, index / RATE_HZ, image))
        return tracker.finish()[0]

    np.testing.assert_allclose(run(2).keypoints2d_px / 2, run(1).keypoints2d_px, atol=2)


@pytest.fixture(scope="module")
def excerpt_tracks() -> list[Track]:
    tracker = PersonTracker(load_network("blazepose_detector"), load_network("blazepose_full"))
    for frame in VideoReader(EXCERPT, 0, 20):
        tracker.update(frame)
    return tracker.finish()


def test_walking_woman_is_the_main_person(excerpt_tracks: list[Track]):
    woman, man = excerpt_tracks
    np.testing.assert_array_equal(woman.frame_ids, np.arange(20))
    assert (woman.bbox_px[:, 1] > 480).all()
    assert (man.bbox_px[:, 3] < 480).all()
    assert woman.presence.min() > 0.9


def test_a_place_without_people_gives_no_track():
    """A tree in which the heavy network sees someone with a presence of 0.9."""
    tracker = PersonTracker(load_network("blazepose_detector"), load_network("blazepose_heavy"))
    for frame in VideoReader(EXCERPT, 0, 18):
        tracker.update(Frame(frame.index, frame.timestamp_s, np.ascontiguousarray(frame.image_rgb[:, 1330:])))
    assert tracker.finish() == []


def test_her_landmarks_move_as_she_walks(excerpt_tracks: list[Track]):
    woman = excerpt_tracks[0]
    hips = woman.keypoints2d_px[:, [23, 24]].mean(axis=(1, 2))
    assert hips[-1] < hips[0]
    height = np.ptp(woman.keypoints2d_px[:, [0, 29, 30], 1], axis=1)
    np.testing.assert_allclose(height, np.median(height), rtol=0.1)
    head_over_heels_m = woman.world_landmarks[:, [29, 30], 1].max(axis=1) - woman.world_landmarks[:, 0, 1]
    assert ((head_over_heels_m > 1.2) & (head_over_heels_m < 1.9)).all()


def test_frames_looked_at_together_follow_everyone_as_one_after_the_other_does():
    scenes = [[(60 + 5 * index, 130, 120), (420 - 4 * index, 140, 100)] for index in range(31)]
    apart = track(scenes)
    tracker = PersonTracker(ToyDetector(), ToyLandmarker())
    frames = [Frame(index, index / RATE_HZ, draw(people)) for index, people in enumerate(scenes)]
    for start in range(0, len(frames), 2):
        tracker.update_together(frames[start : start + 2])
    together = tracker.finish()
    assert len(together) == len(apart) == 2
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_array_equal(one.frame_ids, other.frame_ids)
        np.testing.assert_allclose(one.keypoints2d_px, other.keypoints2d_px, atol=2)


def together_on_excerpt(frames):
    tracker = PersonTracker(load_network("blazepose_detector"), load_network("blazepose_full"))
    for start in range(0, len(frames), 2):
        tracker.update_together(frames[start : start + 2])
    return tracker.finish()[0]


def test_a_real_person_is_the_same_within_the_networks_own_noise_and_the_same_each_time():
    frames = list(VideoReader(EXCERPT, 0, 8))
    tracker = PersonTracker(load_network("blazepose_detector"), load_network("blazepose_full"))
    for frame in frames:
        tracker.update(frame)
    apart, together = tracker.finish()[0], together_on_excerpt(frames)
    np.testing.assert_array_equal(together.frame_ids, apart.frame_ids)
    off_m = np.linalg.norm(together.world_landmarks - apart.world_landmarks, axis=-1)
    height_px = np.ptp(apart.keypoints2d_px[..., 1], axis=1).mean()
    off_px = np.linalg.norm(together.keypoints2d_px - apart.keypoints2d_px, axis=-1)
    assert off_m.mean() < 0.02
    assert off_px.mean() < 0.01 * height_px
    again = together_on_excerpt(frames)
    np.testing.assert_array_equal(again.keypoints2d_px, together.keypoints2d_px)
    np.testing.assert_array_equal(again.world_landmarks, together.world_landmarks)
