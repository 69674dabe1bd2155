from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from core.blazepose_detector import (
    ANCHOR_CENTERS,
    BlazePoseDetector,
    _tiles,
    box_overlap,
    decode_people,
    merge_overlapping,
)
from core.crops import Region
from core.models.engine import load_network
from core.video import VideoReader

EXCERPT = Path(__file__).parents[1] / "data" / "walk_excerpt.mp4"


def test_anchors_cover_the_input_evenly():
    assert ANCHOR_CENTERS.shape == (2254, 2)
    np.testing.assert_allclose(ANCHOR_CENTERS.mean(axis=0), 0.5)
    np.testing.assert_allclose(ANCHOR_CENTERS[:3] * 28, [[0.5, 0.5], [0.5, 0.5], [1.5, 0.5]])
    np.testing.assert_allclose(ANCHOR_CENTERS[-6:] * 7, np.full((6, 2), 6.5))


def output_for(anchor: int, points: np.ndarray, logit: float, outputs: tuple[np.ndarray, np.ndarray]) -> None:
    """Write a candidate: points (6, 2) in input pixels are box centre, box size, 4 keypoints."""
    boxes, scores = outputs
    center = ANCHOR_CENTERS[anchor] * 224
    boxes[anchor] = (points - np.array([center, [0, 0], center, center, center, center])).reshape(-1)
    scores[anchor] = logit


@pytest.fixture
def outputs() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((2254, 12)), np.full((2254, 1), -100.0)


PERSON = np.array([[112, 60], [30, 40], [112, 120], [112, 50], [0, 0], [0, 0]], dtype=float)
SIDEWAYS = np.array([[1, 0], [0, 0], [1, 0], [1, 0], [0, 0], [0, 0]], dtype=float)


def test_candidate_comes_back_in_image_pixels(outputs):
    output_for(1000, PERSON, 3.0, outputs)
    people = decode_people(*outputs, Region(np.array([500.0, 300.0]), 448.0))
    assert len(people) == 1
    np.testing.assert_allclose(people[0].bbox_px, [500 - 30, 300 - 104 - 40, 500 + 30, 300 - 104 + 40])
    np.testing.assert_allclose(people[0].region.center_px, [500, 300 + 16])
    assert people[0].region.size_px == pytest.approx(2.5 * 140)
    assert people[0].score == pytest.approx(1 / (1 + np.exp(-3)))


def test_two_people_stay_two_and_overlapping_candidates_merge(outputs):
    output_for(1000, PERSON, 2.0, outputs)
    output_for(1001, PERSON + SIDEWAYS * 4, 2.0, outputs)
    output_for(1200, PERSON - SIDEWAYS * 80, 1.0, outputs)
    people = decode_people(*outputs, Region(np.array([112.0, 112.0]), 224.0))
    assert [round(float(person.region.center_px[0])) for person in people] == [114, 32]


def test_nobody_below_half(outputs):
    output_for(1000, PERSON, -0.01, outputs)
    assert decode_people(*outputs, Region(np.array([112.0, 112.0]), 224.0)) == []


def test_merging_weighs_by_score():
    points = np.array([[[0, 0], [10, 10]], [[1, 0], [11, 10]]], dtype=float)
    merged = merge_overlapping(points, np.array([0.9, 0.6]))
    assert len(merged) == 1
    assert merged[0][0] == 0.9
    np.testing.assert_allclose(merged[0][1], [[0.4, 0], [10.4, 10]])


def test_overlap_of_known_boxes():
    overlap = box_overlap(
        np.array([0.0, 0, 2, 2]), np.array([[0.0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6], [1, 1, 1, 1]])
    )
    np.testing.assert_allclose(overlap, [1, 1 / 3, 0, 0])


@pytest.mark.parametrize(("width", "height"), [(1768, 994), (1080, 1920), (3840, 1080), (640, 640), (720, 640)])
def test_tiles_cover_a_long_image(width: int, height: int):
    windows = list(_tiles(width, height))
    assert windows[0].size_px == max(width, height)
    tiles = windows[1:]
    assert (len(tiles) == 0) == (max(width, height) < 1.25 * min(width, height))
    if tiles:
        long_axis = int(height > width)
        lows = [tile.center_px[long_axis] - tile.size_px / 2 for tile in tiles]
        assert lows[0] == 0
        assert lows[-1] + tiles[-1].size_px == max(width, height)
        assert max(np.diff(lows)) < min(width, height)


class RecordingNetwork:
    """Finds nobody; keeps the input that it was given."""

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.image = inputs["image"]
        count = len(self.image)
        return {"boxes": np.zeros((count, 2254, 12)), "scores": np.full((count, 2254, 1), -9.0)}


def test_input_is_the_whole_image_letterboxed_in_rgb():
    network = RecordingNetwork()
    image = np.full((100, 200, 3), (255, 0, 127), np.uint8)
    BlazePoseDetector(network, use_tiles=False).detect(image)
    assert network.image.shape == (1, 3, 224, 224)
    assert network.image.dtype == np.float32
    np.testing.assert_allclose(network.image[0, :, 112, 112], [1, -1, 0], atol=0.01)
    np.testing.assert_allclose(network.image[0, :, [20, 200], 112], -1)


def test_both_people_of_the_excerpt_are_found():
    detector = BlazePoseDetector(load_network("blazepose_detector"))
    frame = next(iter(VideoReader(EXCERPT, 10, 11)))
    centers = sorted(person.region.center_px.tolist() for person in detector.detect(frame.image_rgb))
    assert len(centers) == 2
    np.testing.assert_allclose(centers, [[630, 305], [1130, 735]], atol=40)
