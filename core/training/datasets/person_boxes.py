"""Square boxes around a person, smoothed over time, and the crops and crop coordinates that follow from them.

One scale for all: the box that the picture is cut by is the box that keypoints are measured in.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...crops import Region, crop_image
from .sequence import Sequence, contiguous_runs

FloatArray = NDArray[np.floating[Any]]
Image = NDArray[np.uint8]

CROP_SIDE: Final = 224
CROP_SCALE: Final = 1.2
"""Side of the crop over the tight square of the keypoints, as in PARE's training."""

SEEN_CONFIDENCE: Final = 0.3
MINIMUM_SEEN: Final = 2
MEDIAN_FRAMES: Final = 11
GAUSSIAN_SIGMA_FRAMES: Final = 8.0


def crop_boxes(sequence: Sequence, crop_scale: float = CROP_SCALE) -> NDArray[np.float32]:
    """Return what to cut out of each frame: (T, 3) centre x, centre y and side, pixels.

    Args:
        sequence: with keypoints, or with boxes of its own.
        crop_scale: side of the crop over that of the tight square.
    Raises:
        ValueError: the sequence has neither.
    """
    if sequence.bbox is not None:
        squares: FloatArray = sequence.bbox.astype(np.float64)
    elif sequence.keypoints2d is not None:
        squares = tight_squares(sequence.keypoints2d.astype(np.float64))
        for first, end in contiguous_runs(sequence.frame_ids, sequence.frame_step):
            squares[first:end] = smooth(squares[first:end])
    else:
        raise ValueError(f"{sequence.data_set} {sequence.name} has neither boxes nor keypoints")
    return (squares * [1, 1, crop_scale]).astype(np.float32)


def tight_squares(keypoints2d: FloatArray) -> FloatArray:
    """Return (T, 3) centre and side of the smallest upright square around the keypoints (T, K, 3) that are seen.

    Note: a frame in which fewer than two are seen takes the square half way between its neighbours'.
    """
    seen = keypoints2d[..., 2:] > SEEN_CONFIDENCE
    has_box = seen[..., 0].sum(axis=1) >= MINIMUM_SEEN
    low = np.where(seen, keypoints2d[..., :2], np.inf).min(axis=1)
    high = np.where(seen, keypoints2d[..., :2], -np.inf).max(axis=1)
    squares = np.zeros((len(keypoints2d), 3))
    if not has_box.any():
        return squares
    low, high = low[has_box], high[has_box]
    squares[has_box] = np.concatenate([(low + high) / 2, (high - low).max(axis=1, keepdims=True)], axis=1)
    rows = np.arange(len(squares))
    for column in range(3):
        squares[:, column] = np.interp(rows, rows[has_box], squares[has_box, column])
    return squares


def smooth(squares: FloatArray) -> FloatArray:
    """Return squares (T, 3) of one run of frames, median and then Gaussian filtered over time."""
    # scipy is slow to load.
    from scipy.ndimage import gaussian_filter1d, median_filter

    filtered = median_filter(squares, size=(MEDIAN_FRAMES, 1), mode="nearest")
    return np.asarray(gaussian_filter1d(filtered, GAUSSIAN_SIGMA_FRAMES, axis=0, mode="nearest"))


def crop_person(image_rgb: Image, box: FloatArray) -> Image:
    """Return the (224, 224, 3) crop of a box (3,): bilinear, black outside the picture."""
    return crop_image(image_rgb, Region(box[:2].astype(np.float64), float(box[2])), CROP_SIDE, repeat_border=False)


def to_crop_units(keypoints2d: FloatArray, boxes: FloatArray) -> FloatArray:
    """Return keypoints (T, K, 3) with x and y in [-1, 1] across the boxes (T, 3) that the pictures were cut by."""
    result = keypoints2d.copy()
    result[..., :2] = (keypoints2d[..., :2] - boxes[:, None, :2]) / (boxes[:, None, 2:] / 2)
    return result
