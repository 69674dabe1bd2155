import math

import cv2
import numpy as np
import pytest

from core.crops import Region, crop_image, transform_points


@pytest.mark.parametrize(
    ("scale_point", "rotation_rad"),
    [((50, 20), 0.0), ((80, 50), math.pi / 2), ((20, 50), -math.pi / 2), ((50, 80), -math.pi), ((71, 29), math.pi / 4)],
)
def test_rotation_is_clockwise_from_upright(scale_point: tuple[int, int], rotation_rad: float):
    region = Region.from_body_circle(np.array([50.0, 50.0]), np.array(scale_point, dtype=float))
    assert math.cos(region.rotation_rad - rotation_rad) == pytest.approx(1)
    assert region.size_px == pytest.approx(2.5 * math.dist((50, 50), scale_point))


@pytest.mark.parametrize("angle", np.linspace(-3, 3, 7))
def test_crop_turns_the_body_upright(angle: float):
    hips = np.array([210.0, 160.0])
    head = hips + 60 * np.array([math.sin(angle), -math.cos(angle)])
    region = Region.from_body_circle(hips, head)
    crop_from_image = cv2.invertAffineTransform(region.image_from_crop(256))
    points = transform_points(crop_from_image, np.stack([hips, head]))
    np.testing.assert_allclose(points, [[128, 128], [128, 128 - 256 / 2.5]], atol=1e-9)


def test_corners_are_the_crops_corners():
    region = Region(np.array([30.0, 40.0]), 20.0)
    np.testing.assert_allclose(region.corners_px(), [[20, 30], [40, 30], [40, 50], [20, 50]])


@pytest.mark.parametrize("rotation_rad", [0.0, 0.7, -2.0])
def test_crop_shows_what_the_affine_map_says(rotation_rad: float):
    rows, columns = np.mgrid[0:120, 0:160]
    image = np.stack([columns, rows, 0 * rows], axis=-1).astype(np.uint8)
    region = Region(np.array([80.0, 60.0]), 64.0, rotation_rad)
    crop = crop_image(image, region, 32, repeat_border=True)
    places = transform_points(region.image_from_crop(32), np.stack(np.mgrid[0:32, 0:32][::-1], axis=-1).astype(float))
    np.testing.assert_allclose(crop[..., :2], np.clip(places, 0, [159, 119]), atol=0.6)


@pytest.mark.parametrize(("repeat_border", "outside"), [(True, 200), (False, 0)])
def test_outside_the_image_is_its_edge_or_black(repeat_border: bool, outside: int):
    image = np.full((20, 20, 3), 200, np.uint8)
    crop = crop_image(image, Region(np.array([0.0, 10.0]), 20.0), 16, repeat_border=repeat_border)
    assert crop[8, 1, 0] == outside
    assert crop[8, 12, 0] == 200


def test_region_around_a_box_holds_the_box():
    region = Region.around_box(np.array([10.0, 20.0, 50.0, 120.0]))
    low, high = region.corners_px().min(axis=0), region.corners_px().max(axis=0)
    assert (low <= [10, 20]).all()
    assert (high >= [50, 120]).all()
    np.testing.assert_allclose(region.center_px, [30, 70])
