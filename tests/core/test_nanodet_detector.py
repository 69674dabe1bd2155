import numpy as np
import pytest

from core.blazepose_detector import PersonBox
from core.combined_detector import CombinedDetector
from core.crops import Region
from core.models.engine import load_network
from core.nanodet_detector import (
    BINS,
    GRID,
    INPUT_SIDE,
    NanoDetDetector,
    best_boxes,
    decode,
    prepare,
)
from core.video import VideoReader
from tests.core.test_people_scan import EXCERPT


def rows_of(*people):
    """The network's output (3549, 45) for people given by a row and the distances to their boxes' sides, in strides."""
    rows = np.zeros((len(GRID), 1 + 4 * BINS))
    rows[:, 0] = -9.0
    for row, logit, distances in people:
        rows[row, 0] = logit
        for side, distance in enumerate(distances):
            low = int(distance)
            # A distance between two bins is a mean of both.
            shares = np.full(BINS, 1e-9)
            shares[low], shares[low + 1] = 1 - (distance - low) + 1e-9, distance - low + 1e-9
            rows[row, 1 + side * BINS : 1 + (side + 1) * BINS] = np.log(shares)
    return rows


def test_a_box_is_as_far_from_its_place_as_the_distances_say():
    row = 2704 + 26 * 5 + 9
    (box,), (score,) = decode(rows_of((row, 2.0, (1.0, 2.5, 3.0, 4.25))))
    x, y = (9 + 0.5) * 16, (5 + 0.5) * 16
    assert box == pytest.approx([x - 16, y - 40, x + 48, y + 68], abs=1e-4)
    assert score == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_unlikely_places_are_no_boxes():
    boxes, scores = decode(rows_of((5, -1.0, (1, 1, 1, 1))))
    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)
    assert best_boxes(boxes, scores) == []


def test_of_boxes_that_overlap_the_likelier_one_stays():
    boxes = np.array([[0, 0, 10, 30], [1, 0, 11, 30], [40, 0, 50, 30]], float)
    assert best_boxes(boxes, np.array([0.6, 0.9, 0.5])) == [1, 2]


@pytest.mark.parametrize("shape", [(60, 100, 3), (900, 500, 3), (1, 7, 3)])
def test_a_picture_is_scaled_into_the_corner(shape):
    image = np.full(shape, 200, np.uint8)
    picture, scale = prepare(image)
    assert picture.shape == (3, INPUT_SIDE, INPUT_SIDE)
    assert scale == pytest.approx(INPUT_SIDE / max(shape))
    height, width = max(round(shape[0] * scale), 1), max(round(shape[1] * scale), 1)
    assert (picture[0] > 0).sum() == height * width
    assert (picture[0, :height, :width] > 0).all()


def test_red_and_blue_are_the_networks():
    red, blue = (prepare(np.full((8, 8, 3), color, np.uint8))[0] for color in ((255, 0, 0), (0, 0, 255)))
    assert red[2].max() > red[0].max()
    assert blue[0].max() > blue[2].max()


def test_it_finds_both_people_of_the_excerpt():
    image = next(iter(VideoReader(EXCERPT, 10, 11))).image_rgb
    walker, watcher = NanoDetDetector(load_network("nanodet_detector")).detect(image)
    assert walker.score > watcher.score > 0.4
    assert np.abs(walker.bbox_px - [1069, 519, 1190, 921]).max() < 8
    assert np.abs(watcher.bbox_px - [574, 58, 708, 446]).max() < 8
    assert walker.region.center_px == pytest.approx((walker.bbox_px[:2] + walker.bbox_px[2:]) / 2)


class Finds:
    """A detector that finds these people in every image."""

    def __init__(self, *people):
        self._people = people

    def detect(self, _image):
        return list(self._people)


def find(x, size=100.0, score=0.9):
    return PersonBox(score, np.array([x - 20, 0, x + 20, 80]), Region(np.array([x, 40.0]), size))


IMAGE = np.zeros((100, 400, 3), np.uint8)


def test_whom_both_see_is_blazeposes_find_and_whom_one_sees_is_kept():
    left, right, far = find(50), find(150), find(300)
    combined = CombinedDetector(Finds(left, right), Finds(find(55), far))
    assert combined.detect(IMAGE) == [left, right, far]


def test_two_people_close_together_are_two():
    near = find(60)
    combined = CombinedDetector(Finds(find(50)), Finds(find(51), near))
    assert combined.detect(IMAGE)[1] is near
    assert len(combined.detect(IMAGE)) == 2


def test_somebody_small_before_somebody_large_is_kept():
    small = find(50, size=40.0)
    assert CombinedDetector(Finds(find(50)), Finds(small)).detect(IMAGE)[1] is small


def test_of_many_more_the_largest_are_added():
    crowd = [find(50 + 60 * number, size=20.0 + number) for number in range(6)]
    combined = CombinedDetector(Finds(find(10)), Finds(*crowd))
    assert combined.detect(IMAGE)[1:] == crowd[:-4:-1]


def test_for_the_main_person_alone_it_is_asked_only_where_the_other_finds_nobody():
    person, small, large = find(50), find(200, size=30.0), find(300, size=60.0)
    assert CombinedDetector(Finds(person), Finds(small, large), wants_everyone=False).detect(IMAGE) == [person]
    assert CombinedDetector(Finds(), Finds(small, large), wants_everyone=False).detect(IMAGE) == [large]
