import numpy as np
import pytest

from core.pare_crops import (
    BOX_SCALE,
    SquareBoxes,
    crop_camera_to_transl,
    crop_square,
    normalise_crops,
    square_boxes,
)

FOCAL_LENGTH_PX = 1400.0
IMAGE_SIZE = (1280, 720)


def gradient(height=400, width=600):
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns * 255 // width, rows * 255 // height, np.full_like(rows, 100)], axis=-1).astype(np.uint8)


def test_a_square_of_224_pixels_is_copied():
    image = np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    assert np.array_equal(crop_square(image, np.array([312.0, 212.0]), 224.0), image[100:324, 200:424])


def test_the_centre_comes_to_pixel_112():
    image = np.zeros((400, 600, 3), np.uint8)
    image[150, 250] = 255
    crop = crop_square(image, np.array([250.0, 150.0]), 56.0)
    assert np.unravel_index(crop[..., 0].argmax(), crop.shape[:2]) == (112, 112)


def test_outside_the_image_is_black():
    crop = crop_square(np.full((100, 100, 3), 200, np.uint8), np.array([0.0, 0.0]), 100.0)
    assert not crop[:100].any()
    assert not crop[:, :100].any()
    assert (crop[120:, 120:] == 200).all()


def test_crops_are_normalised_as_imagenet():
    crops = np.zeros((1, 224, 224, 3), np.uint8)
    crops[..., 0] = 255
    images = normalise_crops(crops)
    assert images.shape == (1, 3, 224, 224)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[0, :, 5, 5], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225], rtol=1e-6)


def test_a_resting_box_stays_and_is_square():
    boxes = square_boxes(np.tile([100.0, 50.0, 180.0, 250.0], (40, 1)), np.arange(40), 30.0)
    np.testing.assert_allclose(boxes.center_px, np.tile([140.0, 150.0], (40, 1)))
    np.testing.assert_allclose(boxes.side_px, 200 * BOX_SCALE)


def test_jitter_and_single_misses_are_taken_out():
    generator = np.random.default_rng(1)
    bbox = np.tile([100.0, 50.0, 180.0, 250.0], (90, 1)) + generator.normal(0, 4, (90, 4))
    bbox[40] = [500, 300, 510, 310]
    boxes = square_boxes(bbox, np.arange(90), 30.0)
    assert np.abs(boxes.center_px - [140, 150]).max() < 4
    assert np.abs(np.diff(boxes.side_px)).max() < 0.5


def test_nothing_is_smoothed_across_a_long_gap():
    bbox = np.repeat([[0.0, 0.0, 100.0, 100.0], [300.0, 0.0, 400.0, 100.0]], 20, axis=0)
    frame_ids = np.concatenate([np.arange(20), np.arange(100, 120)])
    boxes = square_boxes(bbox, frame_ids, 30.0)
    np.testing.assert_allclose(boxes.center_px[:, 0], np.repeat([50.0, 350.0], 20))


def test_one_frame_and_an_empty_box_are_usable():
    boxes = square_boxes(np.array([[10.0, 10.0, 10.0, 10.0]]), np.array([7]), 30.0)
    assert boxes.side_px[0] > 0
    assert crop_square(gradient(), boxes.center_px[0], boxes.side_px[0]).shape == (224, 224, 3)


def test_translation_projects_where_the_crops_camera_does():
    generator = np.random.default_rng(2)
    points = generator.uniform(-0.5, 0.5, (5, 3))
    weak_camera = np.array([[0.9, 0.05, -0.1]])
    boxes = SquareBoxes(np.array([[900.0, 300.0]]), np.array([150.0]))
    transl = crop_camera_to_transl(weak_camera, boxes, 100 * FOCAL_LENGTH_PX, IMAGE_SIZE)[0]
    placed = points + transl
    projected = 100 * FOCAL_LENGTH_PX * placed[:, :2] / placed[:, 2:] + np.array(IMAGE_SIZE) / 2
    in_crop = weak_camera[0, 0] * (points[:, :2] + weak_camera[0, 1:])
    # A very long lens sees what the weak camera sees.
    np.testing.assert_allclose(projected, boxes.center_px[0] + boxes.side_px[0] / 2 * in_crop, atol=0.1)


def test_distance_follows_lens_and_box():
    boxes = SquareBoxes(np.array([[640.0, 360.0]] * 2), np.array([200.0, 400.0]))
    transl = crop_camera_to_transl(np.array([[0.9, 0, 0]] * 2), boxes, FOCAL_LENGTH_PX, IMAGE_SIZE)
    assert transl[0, 2] == pytest.approx(2 * FOCAL_LENGTH_PX / (200 * 0.9))
    assert transl[0, 2] == pytest.approx(2 * transl[1, 2])
    np.testing.assert_allclose(transl[:, :2], 0, atol=1e-12)


def test_a_scale_below_zero_does_not_put_the_body_behind_the_camera():
    boxes = SquareBoxes(np.array([[640.0, 360.0]]), np.array([200.0]))
    assert crop_camera_to_transl(np.array([[-0.3, 0, 0]]), boxes, FOCAL_LENGTH_PX, IMAGE_SIZE)[0, 2] > 0
