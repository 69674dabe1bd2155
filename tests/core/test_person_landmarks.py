import math

import numpy as np
import pytest

from core.crops import Region
from core.person_landmarks import LandmarkEstimator, decode_landmarks, refine_with_heatmap, rotate_in_image_plane


def naive_refine(point: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    column, row = int(point[0] / 4), int(point[1] / 4)
    total = x = y = best = 0.0
    for other_row in range(row - 4, row + 5):
        for other_column in range(column - 4, column + 5):
            if 0 <= other_row < 64 and 0 <= other_column < 64:
                weight = 1 / (1 + math.exp(-heatmap[other_row, other_column]))
                total, x, y = total + weight, x + weight * other_column, y + weight * other_row
                best = max(best, weight)
    return np.array([x, y]) / total * 4 if best >= 0.5 else point


def test_refinement_equals_a_plain_loop():
    random = np.random.default_rng(0)
    points = random.uniform(2, 254, (39, 2))
    heatmap = random.normal(-3, 2, (39, 64, 64))
    refined = refine_with_heatmap(points, heatmap)
    expected = [naive_refine(*pair) for pair in zip(points, heatmap, strict=True)]
    np.testing.assert_allclose(refined, expected, atol=1e-9)


def test_sharp_peak_wins():
    heatmap = np.full((1, 64, 64), -50.0)
    heatmap[0, 30, 20] = 50
    np.testing.assert_allclose(refine_with_heatmap(np.array([[86.0, 113.0]]), heatmap), [[80, 120]])


@pytest.mark.parametrize("point", [[-5.0, 20.0], [20.0, 256.0], [300.0, 300.0]])
def test_point_outside_the_map_stays(point: list[float]):
    heatmap = np.full((1, 64, 64), 5.0)
    np.testing.assert_array_equal(refine_with_heatmap(np.array([point]), heatmap), [point])


def test_unsure_map_changes_nothing():
    points = np.array([[100.0, 50.0]])
    np.testing.assert_array_equal(refine_with_heatmap(points, np.full((1, 64, 64), -0.1)), points)


def test_landmarks_return_to_image_pixels():
    region = Region(np.array([400.0, 300.0]), 512.0, math.pi / 2)
    landmarks = np.zeros((39, 5))
    landmarks[:, :2] = 128
    landmarks[0, :2] = [128, 28]
    landmarks[34, :2] = [128, 28]
    landmarks[0, 3] = 2.0
    world = np.tile([0.0, -1.0, 0.5], (39, 1))
    person = decode_landmarks(region, landmarks, np.array([0.75]), np.full((39, 64, 64), -9.0), world)
    np.testing.assert_allclose(person.keypoints2d_px[0], [600, 300], atol=1e-9)
    np.testing.assert_allclose(person.keypoints2d_px[1], [400, 300], atol=1e-9)
    np.testing.assert_allclose(person.world_landmarks[5], [1.0, 0.0, 0.5], atol=1e-12)
    np.testing.assert_allclose(person.visibility[:2], [1 / (1 + math.exp(-2)), 0.5])
    assert person.presence == 0.75
    assert person.next_region.size_px == pytest.approx(500)
    assert person.next_region.rotation_rad == pytest.approx(math.pi / 2)


def test_turning_in_the_image_plane_keeps_depth_and_length():
    points = np.random.default_rng(1).normal(size=(33, 3))
    turned = rotate_in_image_plane(points, 1.1)
    np.testing.assert_array_equal(turned[:, 2], points[:, 2])
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(points, axis=1))
    np.testing.assert_allclose(rotate_in_image_plane(turned, -1.1), points)


def test_no_region_asks_no_network():
    assert LandmarkEstimator(None).estimate(np.zeros((8, 8, 3), np.uint8), []) == []  # type: ignore[arg-type]
