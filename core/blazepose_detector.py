"""BlazePose's person detector: frame in, people's boxes and first regions out. Used by the tracker.

Source: MediaPipe 0.10.21, graph pose_detection_cpu (anchor and threshold options), re-implemented from its facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .crops import Crop, Image, Region, crop_image, transform_points
from .models.engine import Network

FloatArray = NDArray[np.floating[Any]]

INPUT_SIDE: Final = 224
ANCHOR_LAYERS: Final = ((8, 2), (16, 2), (32, 6))
"""(stride in pixels, anchors at each cell): anchors differ only in their centres, their size is fixed to 1."""
KEYPOINT_COUNT: Final = 4
MIN_SCORE: Final = 0.5
MERGE_IOU: Final = 0.3
LARGEST_LOGIT: Final = 100.0
MAX_PEOPLE: Final = 8
MAX_TILES: Final = 4
TILE_ASPECT: Final = 1.25
"""A longer image is also looked at in square tiles, in which people appear larger than in the whole."""


@dataclass(frozen=True)
class PersonBox:
    """One detected person.

    Attributes:
        score: 0..1.
        bbox_px: (4,) x0, y0, x1, y1; BlazePose's is the face's and chest's, YOLO's the whole person's.
        region: where to look for the landmarks.
        track_id: the same for the same person in later frames, where the detector knows that.
    """

    score: float
    bbox_px: FloatArray
    region: Region
    track_id: int | None = None


class BlazePoseDetector:
    """Finds people in an image with the network `blazepose_detector`.

    Args:
        network: image (N, 3, 224, 224) RGB in [-1, 1] -> boxes (N, 2254, 12), scores (N, 2254, 1).
        use_tiles: look at square tiles of a long image too, for people who are small in it.
        crop: cuts a region out of an image; another one than crop_image is for comparisons.
    """

    def __init__(self, network: Network, *, use_tiles: bool = True, crop: Crop = crop_image) -> None:
        self._network = network
        self._crop = crop
        self._use_tiles = use_tiles

    def detect(self, image_rgb: Image) -> list[PersonBox]:
        """Return the people of one image (H, W, 3), best score first."""
        height, width = image_rgb.shape[:2]
        windows = list(_tiles(width, height)) if self._use_tiles else [_whole(width, height)]
        crops = [self._crop(image_rgb, window, INPUT_SIDE, repeat_border=False) for window in windows]
        images = np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1.0
        outputs = self._network.run({"image": np.ascontiguousarray(images)})
        found = [
            person
            for window, boxes, scores in zip(windows, outputs["boxes"], outputs["scores"], strict=True)
            for person in decode_people(boxes, scores, window)
        ]
        return _drop_repeated(found)


def decode_people(boxes: FloatArray, scores: FloatArray, window: Region) -> list[PersonBox]:
    """Return the people in one output of the network, best score first.

    Args:
        boxes: (2254, 12) centre, size, then 4 keypoints, in input pixels relative to the anchor.
        scores: (2254, 1) logits.
        window: the square of the image that the network saw.
    """
    confidence = 1.0 / (1.0 + np.exp(-np.clip(scores.reshape(-1).astype(np.float64), -LARGEST_LOGIT, LARGEST_LOGIT)))
    chosen = np.flatnonzero(confidence >= MIN_SCORE)
    points = _decode_points(boxes[chosen], ANCHOR_CENTERS[chosen])
    image_from_input = window.image_from_crop(INPUT_SIDE)
    return [
        _person_from_points(score, transform_points(image_from_input, merged))
        for score, merged in merge_overlapping(points, confidence[chosen])
    ]


def merge_overlapping(points: FloatArray, scores: FloatArray) -> list[tuple[float, FloatArray]]:
    """Return one candidate for each group of overlapping ones: their mean weighted by score, and the best score.

    Args:
        points: (N, 2 + K, 2) low corner, high corner, then keypoints of each candidate.
        scores: (N,).
    """
    merged: list[tuple[float, FloatArray]] = []
    order = np.argsort(-scores, kind="stable")
    while len(order) and len(merged) < MAX_PEOPLE:
        best = order[0]
        together = box_overlap(points[best, :2].reshape(4), points[order, :2].reshape(-1, 4)) > MERGE_IOU
        together[0] = True
        weights = scores[order[together]]
        merged.append((float(scores[best]), np.average(points[order[together]], axis=0, weights=weights)))
        order = order[~together]
    return merged


def box_overlap(box: FloatArray, others: FloatArray) -> NDArray[np.float64]:
    """Return intersection over union of a box (4,) x0, y0, x1, y1 with each of others (N, 4); 0 for empty boxes."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float64)


def _anchor_centers() -> NDArray[np.float64]:
    """(2254, 2) centres of all anchors, 0..1 over the input."""
    layers = []
    for stride, per_cell in ANCHOR_LAYERS:
        cell_count = INPUT_SIDE // stride
        rows, columns = np.mgrid[0:cell_count, 0:cell_count]
        centers = (np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5) / cell_count
        layers.append(np.repeat(centers, per_cell, axis=0))
    return np.concatenate(layers)


ANCHOR_CENTERS: Final = _anchor_centers()


def _decode_points(boxes: FloatArray, anchors: FloatArray) -> NDArray[np.float64]:
    """(N, 6, 2) input pixels: low corner, high corner, 4 keypoints."""
    raw = boxes.reshape(-1, 2 + KEYPOINT_COUNT, 2).astype(np.float64)
    anchors_px = anchors[:, None] * INPUT_SIDE
    centers, half_sizes, keypoints = raw[:, :1] + anchors_px, raw[:, 1:2] / 2, raw[:, 2:] + anchors_px
    return np.concatenate([centers - half_sizes, centers + half_sizes, keypoints], axis=1)


def _person_from_points(score: float, points_px: FloatArray) -> PersonBox:
    # Keypoint 0 is the hips' centre, 1 the scale point above the head; 2 and 3 are for the upper body alone.
    region = Region.from_body_circle(points_px[2], points_px[3])
    return PersonBox(score, points_px[:2].reshape(4), region)


def _whole(width: int, height: int) -> Region:
    return Region(np.array([width / 2, height / 2]), float(max(width, height)))


def _tiles(width: int, height: int) -> Iterator[Region]:
    """The whole image, then square tiles along its long side that overlap by at least a third."""
    yield _whole(width, height)
    short, long = sorted((width, height))
    if long < TILE_ASPECT * short:
        return
    count = min(int(np.ceil((long - short) / (short * 2 / 3))) + 1, MAX_TILES)
    for middle in np.linspace(short / 2, long - short / 2, count):
        center = (middle, height / 2) if width > height else (width / 2, middle)
        yield Region(np.array(center), float(short))


def _drop_repeated(people: list[PersonBox]) -> list[PersonBox]:
    """Best score first; a person who was seen in several windows is kept once."""
    kept: list[PersonBox] = []
    for person in sorted(people, key=lambda candidate: -candidate.score):
        others = np.array([other.bbox_px for other in kept]).reshape(-1, 4)
        if not (box_overlap(person.bbox_px, others) > MERGE_IOU).any():
            kept.append(person)
    return kept[:MAX_PEOPLE]
