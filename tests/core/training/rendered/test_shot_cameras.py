import numpy as np
import pytest

from core.training.rendered.shot_cameras import (
    focal_length_px,
    hand_held_camera,
    look_at,
    still_camera,
    to_camera,
    to_pixels,
)

SIZE = (640, 360)
FOCAL = focal_length_px(SIZE, 60.0)


@pytest.fixture
def walk() -> np.ndarray:
    random = np.random.default_rng(0)
    body = random.uniform([-0.3, 0.0, -0.2], [0.3, 1.7, 0.2], (33, 3))
    path = np.linspace([0, 0, 0], [1.0, 0, 2.5], 40)
    return body + path[:, None]


def test_the_target_is_in_the_middle_and_up_is_up():
    matrix = look_at(np.array([1.0, 1.5, 4.0]), np.array([0.0, 1.0, 0.0]))
    seen = to_camera(np.array([[[0.0, 1.0, 0.0], [0.0, 2.0, 0.0]]]), matrix[None])[0]
    np.testing.assert_allclose(to_pixels(seen[0], FOCAL, SIZE), [320, 180], atol=1e-9)
    assert seen[0, 2] > 0
    assert seen[1, 1] < seen[0, 1]
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix[:3, :3]) > 0


def test_a_lens_of_90_degrees_sees_as_far_aside_as_away():
    assert to_pixels(np.array([1.0, 0.0, 1.0]), focal_length_px(SIZE, 90.0), SIZE)[0] == pytest.approx(640)


def test_everybody_is_in_the_picture_and_the_camera_no_farther_than_need_be(walk):
    camera = still_camera(walk, SIZE, FOCAL, 0.4, 1.4)
    assert not camera.is_moving
    pixels = to_pixels(to_camera(walk, camera.camera_from_world), FOCAL, SIZE)
    assert (pixels > 0).all()
    assert (pixels < SIZE).all()
    from_middle = np.abs(pixels - np.array(SIZE) / 2) / (np.array(SIZE) / 2)
    assert from_middle.max() > 0.7


def test_the_hand_held_camera_moves_smoothly_and_keeps_the_person_in_the_picture(walk):
    camera = hand_held_camera(walk, SIZE, FOCAL, 0.0, 1.5, 30.0, seed=1)
    assert camera.is_moving
    pixels = to_pixels(to_camera(walk, camera.camera_from_world), FOCAL, SIZE)
    assert (pixels > -5).all()
    assert (pixels < np.array(SIZE) + 5).all()
    steps = np.diff([camera.position(frame) for frame in range(len(walk))], axis=0)
    assert np.linalg.norm(np.diff(steps, axis=0), axis=1).max() < 0.01


def test_the_same_seed_gives_the_same_hand(walk):
    paths = [hand_held_camera(walk, SIZE, FOCAL, 0.0, 1.5, 30.0, seed).camera_from_world for seed in (1, 1, 2)]
    assert np.array_equal(paths[0], paths[1])
    assert not np.array_equal(paths[0], paths[2])
