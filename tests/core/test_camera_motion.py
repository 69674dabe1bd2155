"""The camera is told from what moves before it."""

import cv2
import numpy as np
import pytest

from core.camera_motion import CameraMotion, CameraWatch
from core.video import Frame

SIZE = (640, 360)


@pytest.fixture(scope="module")
def wall():
    """Something to film: spots of all sizes, larger than the picture."""
    random = np.random.default_rng(0)
    noise = random.uniform(0, 255, (540, 960, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 4)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def filmed(wall, seconds=4.0, rate_hz=25.0, pan_px_s=0.0, zoom_s=0.0, roll_deg_s=0.0, draw=lambda image, time: None):
    for index in range(round(seconds * rate_hz)):
        time = index / rate_hz
        matrix = cv2.getRotationMatrix2D((480, 270), roll_deg_s * time, 1 + zoom_s * time)
        matrix[:, 2] += np.array([320.0 + pan_px_s * time, 180.0]) - (480, 270)
        image = cv2.warpAffine(wall, matrix, SIZE)
        draw(image, time)
        yield Frame(index, time, image)


def watch(frames, people=lambda frame: []):
    camera = CameraWatch()
    for frame in frames:
        camera.see(frame, people(frame))
    return camera.finish()


def test_a_camera_on_a_stand_stands_still(wall):
    camera = watch(filmed(wall))
    assert camera.known_share == 1.0
    assert camera.largest_shift < 0.001 and not camera.is_moving


def test_a_pan_is_as_long_as_it_is(wall):
    camera = watch(filmed(wall, pan_px_s=8.0))
    # Nine of ten looks come within the first 3.4 of four seconds.
    assert camera.largest_shift == pytest.approx(3.4 * 8 / 640, rel=0.1)
    assert camera.is_moving


@pytest.mark.parametrize("motion", [{"zoom_s": 0.03}, {"roll_deg_s": 2.0}])
def test_zoom_and_roll_count_though_the_middle_stays(wall, motion):
    assert watch(filmed(wall, **motion)).is_moving


def test_what_people_do_is_not_the_camera(wall):
    def box(time):
        left = round(60 + 90 * time)
        return np.array([left, 20, left + 240, 350])

    def draw(image, time):
        x0, y0, x1, y1 = box(time)
        x1 = min(x1, SIZE[0])
        texture = np.random.default_rng(1).integers(0, 255, (y1 - y0, x1 - x0, 3), dtype=np.uint8)
        image[y0:y1, x0:x1] = texture

    camera = watch(filmed(wall, draw=draw), lambda frame: [box(frame.timestamp_s).astype(float)])
    assert camera.largest_shift < 0.002 and camera.known_share > 0.5


def test_an_empty_wall_tells_nothing():
    camera = watch(Frame(index, index / 25, np.full((360, 640, 3), 90, np.uint8)) for index in range(60))
    assert camera == CameraMotion(0.0, 0.0) and not camera.is_moving


def test_an_hour_of_small_errors_does_not_add_up(wall):
    """Only frames a few seconds apart are compared: a tripod that sinks by a hair each minute stands still."""
    frames = [Frame(index, index * 2.0, frame.image_rgb) for index, frame in enumerate(filmed(wall, 40, 2, 1.0))]
    # 0.5 px a look, 40 px in all, but never more than 2 px within five seconds.
    assert not watch(frames).is_moving


def test_one_frame_and_none():
    assert watch([]) == CameraMotion(0.0, 0.0)
    assert watch([Frame(0, 0.0, np.zeros((36, 64, 3), np.uint8))]) == CameraMotion(0.0, 0.0)
