"""The person detector NanoDet: frame in, whole people's boxes out. Used by the tracker.

Source: NanoDet-g 416 (github.com/RangiLyu/nanodet, Apache-2.0), its decoding re-implemented from its facts: each place
of three grids gives a score, and a distribution over the distance to each side of the box.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .blazepose_detector import PersonBox, box_overlap
from .crops import Image, Region
from .models.engine import Network

FloatArray = NDArray[np.floating[Any]]

INPUT_SIDE: Final = 416
STRIDES: Final = (8, 16, 32)
BINS: Final = 11
"""Distances of 0 to 10 strides, whose mean by probability is meant."""
MEAN_BGR: Final[FloatArray] = np.array([103.53, 116.28, 123.675], np.float32)
DEVIATION_BGR: Final[FloatArray] = np.array([57.375, 57.12, 58.395], np.float32)
MIN_SCORE: Final = 0.4
MERGE_IOU: Final = 0.5
MIN_SIDE_PX: Final = 4.0
MAX_PEOPLE: Final = 8


class NanoDetDetector:
    """Finds people in an image with the network `nanodet_detector`.

    Args:
        network: image (N, 3, 416, 416) BGR, normalised -> boxes (N, 3549, 45), a logit and 4 x 11 distances each.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def detect(self, image_rgb: Image) -> list[PersonBox]:
        """Return the people of one image (H, W, 3), best score first."""
        picture, scale = prepare(image_rgb)
        rows = self._network.run({"image": picture[None]})["boxes"][0]
        height, width = image_rgb.shape[:2]
        boxes, scores = decode(rows)
        boxes = np.clip(boxes / scale, 0, [width, height, width, height])
        return [
            PersonBox(float(scores[index]), boxes[index], Region.around_box(boxes[index]))
            for index in best_boxes(boxes, scores)
            if (boxes[index, 2:] - boxes[index, :2]).min() >= MIN_SIDE_PX
        ]


def prepare(image_rgb: Image) -> tuple[NDArray[np.float32], float]:
    """Return the network's input (3, 416, 416), the image at its left upper corner on black, and the scale."""
    height, width = image_rgb.shape[:2]
    scale = INPUT_SIDE / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((INPUT_SIDE, INPUT_SIDE, 3), np.float32)
    canvas[: size[1], : size[0]] = cv2.resize(image_rgb, size, interpolation=method)[..., ::-1]
    normalised = (canvas - MEAN_BGR) / DEVIATION_BGR
    return np.ascontiguousarray(normalised.transpose(2, 0, 1), np.float32), scale


def decode(rows: FloatArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the likely boxes (K, 4) x0, y0, x1, y1, in input pixels, and their scores (K,), 0..1.

    Args:
        rows: (3549, 45).
    """
    scores = 1.0 / (1.0 + np.exp(-np.clip(rows[:, 0].astype(np.float64), -50, 50)))
    chosen = np.flatnonzero(scores >= MIN_SCORE)
    logits = rows[chosen, 1:].reshape(-1, 4, BINS).astype(np.float64)
    shares = np.exp(logits - logits.max(axis=2, keepdims=True))
    distances = (shares / shares.sum(axis=2, keepdims=True)) @ np.arange(BINS) * GRID[chosen, 2:]
    centers = GRID[chosen, :2]
    return np.concatenate([centers - distances[:, :2], centers + distances[:, 2:]], axis=1), scores[chosen]


def best_boxes(boxes: FloatArray, scores: FloatArray) -> list[int]:
    """Return the indices of boxes (K, 4) that no better one overlaps, best score (K,) first."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        if len(kept) < MAX_PEOPLE and not (box_overlap(boxes[index], boxes[kept]) > MERGE_IOU).any():
            kept.append(index)
    return kept


def _grid() -> NDArray[np.float64]:
    """Return the middle x, y and the stride (3549, 3) of all places, in input pixels."""
    parts = []
    for stride in STRIDES:
        rows, columns = np.mgrid[0 : INPUT_SIDE // stride, 0 : INPUT_SIDE // stride]
        middles = (np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5) * stride
        parts.append(np.concatenate([middles, np.full((len(middles), 1), float(stride))], axis=1))
    return np.concatenate(parts)


GRID: Final = _grid()
