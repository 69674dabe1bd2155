import tracemalloc

import numpy as np
import pytest

from core.crops import Region
from core.person_landmarks import PersonLandmarks
from core.tracks import Outline, TrackRows, visible_bbox

REGION = Region(np.array([0.0, 0.0]), 100.0)


def person_at(x: float, y: float, size_px: float = 100.0) -> PersonLandmarks:
    """All landmarks in an upright box of 0.3 x 0.8 sizes around a point."""
    random = np.random.default_rng(0)
    keypoints = random.uniform(-0.5, 0.5, (33, 2)) * [0.3 * size_px, 0.8 * size_px] + [x, y]
    world = random.normal(size=(33, 3))
    circle = np.array([[x, y], [x, y - size_px / 2.5]])
    return PersonLandmarks(keypoints, world, np.ones(33), 1.0, REGION, circle)


def test_bbox_is_around_the_visible_landmarks():
    keypoints = np.arange(66, dtype=float).reshape(33, 2)
    visibility = np.where(np.arange(33) < 10, 0.9, 0.1)
    np.testing.assert_array_equal(visible_bbox(keypoints, visibility), [0, 1, 18, 19])
    np.testing.assert_array_equal(visible_bbox(keypoints, visibility, (10, 8)), [0, 1, 10, 8])


def test_bbox_of_a_hidden_person_is_around_all_landmarks():
    keypoints = np.arange(66, dtype=float).reshape(33, 2)
    np.testing.assert_array_equal(visible_bbox(keypoints, np.zeros(33)), [0, 1, 64, 65])


def test_rows_become_arrays_with_the_hips_at_the_origin():
    rows = TrackRows()
    for frame_id in (3, 4, 7):
        rows.append(frame_id, frame_id / 10, person_at(50, 50 + frame_id), (200, 200))
    track = rows.to_track()
    np.testing.assert_array_equal(track.frame_ids, [3, 4, 7])
    np.testing.assert_allclose(track.timestamps, [0.3, 0.4, 0.7])
    assert track.keypoints2d_px.shape == (3, 33, 2)
    np.testing.assert_allclose(track.world_landmarks[:, [23, 24]].mean(axis=1), 0, atol=1e-12)
    raw = person_at(0, 0).world_landmarks
    np.testing.assert_allclose(track.world_landmarks[0, 5] - track.world_landmarks[0, 6], raw[5] - raw[6])


def test_weight_is_area_times_frames():
    rows = TrackRows()
    for frame_id in range(4):
        rows.append(frame_id, float(frame_id), person_at(100, 100), (200, 200))
    box = rows.bbox_px[0]
    assert rows.to_track().screen_weight == pytest.approx(4 * (box[2] - box[0]) * (box[3] - box[1]))


def test_outlines_measure_in_body_sizes():
    here, there = Outline.of(person_at(0, 0)), Outline.of(person_at(50, 0))
    assert here.torso_distance(there) == pytest.approx(0.5)
    assert here.center_distance(there) == pytest.approx(0.5)
    assert here.covered_fraction(there) == 0
    assert here.covered_fraction(Outline.of(person_at(0, 0, 40.0))) == pytest.approx(1)


def test_an_hours_rows_weigh_less_than_250_mb():
    rng = np.random.default_rng(0)
    rows = TrackRows()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for frame_id in range(1000):
        points = rng.uniform(0, 1000, (39, 2))
        landmarks = PersonLandmarks(
            points[:33], rng.normal(size=(39, 3))[:33], rng.uniform(size=33), 0.9, Region(points[0], 9.0), points[33:35]
        )
        rows.append(frame_id, frame_id / 30, landmarks, (1920, 1080))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) * 108 < 250e6
