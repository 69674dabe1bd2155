"""What PARE looks at: square boxes around a person, crops of 224 pixels, and from the crop's camera to the full image.

Numpy and OpenCV; used by the backbones that look at crops and by the feature cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .crops import Image, Region, crop_image
from .segments import split_at_gaps

FloatArray = NDArray[np.floating[Any]]

CROP_SIDE: Final = 224
IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)
BOX_SCALE: Final = 1.2
"""The square's side over the longer side of the box around the visible landmarks, as in PARE's training."""
SMALLEST_SIDE_PX: Final = 8.0
MEDIAN_FRAMES: Final = 11
GAUSSIAN_FRAMES: Final = 8.0
"""Standard deviation."""


@dataclass(frozen=True)
class SquareBoxes:
    """The squares that were cut out of T frames.

    Attributes:
        center_px: (T, 2) x, y.
        side_px: (T,) the side that became the crop's 224 pixels.
    """

    center_px: NDArray[np.float64]
    side_px: NDArray[np.float64]


def square_boxes(
    bbox_px: FloatArray, frame_ids: NDArray[np.int64], frame_rate_hz: float, scale: float = BOX_SCALE
) -> SquareBoxes:
    """Return steady squares around the boxes of one track.

    Args:
        bbox_px: (T, 4) x0, y0, x1, y1.
        frame_ids: (T,) source frames, increasing; nothing is smoothed across a long gap.
        scale: the square's side over the box's longer side.

    Note: a box that jitters makes the features, and above all the camera, jitter.
    """
    # Imported here, so that an estimate's start need not wait for it.
    from scipy.ndimage import gaussian_filter1d, median_filter

    low, high = np.asarray(bbox_px[:, :2], np.float64), np.asarray(bbox_px[:, 2:], np.float64)
    side = np.maximum((high - low).max(axis=1) * scale, SMALLEST_SIDE_PX)
    raw = np.concatenate([(low + high) / 2, side[:, None]], axis=1)
    steady = np.empty_like(raw)
    for segment in split_at_gaps(frame_ids, frame_rate_hz):
        dense = median_filter(segment.bridge(raw), size=(MEDIAN_FRAMES, 1), mode="nearest")
        steady[segment.rows] = segment.pick(gaussian_filter1d(dense, GAUSSIAN_FRAMES, axis=0, mode="nearest"))
    return SquareBoxes(steady[:, :2], steady[:, 2])


def crop_square(image_rgb: Image, center_px: FloatArray, side_px: float, crop_side: int = CROP_SIDE) -> Image:
    """Return the (S, S, 3) crop of an upright square, bilinear, black outside the image.

    Args:
        image_rgb: (H, W, 3).
        center_px: (2,) what comes to the crop's pixel (S / 2, S / 2).
        side_px: what becomes S pixels.
    """
    region = Region(np.asarray(center_px, np.float64), float(side_px))
    return crop_image(image_rgb, region, crop_side, repeat_border=False)


def normalise_crops(
    crops: NDArray[np.uint8], mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD
) -> NDArray[np.float32]:
    """Return the network's input (N, 3, S, S) of RGB crops (N, S, S, 3): values in [0, 1], less mean, over std."""
    offset, scale = np.asarray(mean, np.float32), np.asarray(std, np.float32)
    normalised = (crops.astype(np.float32) / np.float32(255.0) - offset) / scale
    return np.ascontiguousarray(normalised.transpose(0, 3, 1, 2))


def crop_camera_to_transl(
    weak_camera: FloatArray, boxes: SquareBoxes, focal_length_px: float, image_size: tuple[int, int]
) -> NDArray[np.float64]:
    """Return SMPL's translation (T, 3) in camera axes, metres, of the weak cameras of crops.

    Args:
        weak_camera: (T, 3) scale s, then t_x and t_y in metres, relative to the crop.
        boxes: the squares that the crops were cut from.
        focal_length_px: of the full image.
        image_size: (width, height); its middle is the principal point.

    Source: paper, section 2.3 (t_z = 2 f / (Res s)). Differs: the focal length is that of the whole image, Res the
        square's side in it, and the square's own place is added (the full-frame form of CLIFF).
    """
    scale = np.asarray(weak_camera[:, 0], np.float64) * boxes.side_px / 2
    # PARE's scale is positive for any person; a network that was misled must not put the body behind the camera.
    scale = np.maximum(scale, 1e-6)
    offset_px = boxes.center_px - np.asarray(image_size, np.float64) / 2
    across = weak_camera[:, 1:] + offset_px / scale[:, None]
    return np.concatenate([across, (focal_length_px / scale)[:, None]], axis=1)
