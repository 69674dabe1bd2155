"""Regions of interest: the turned squares that the networks look at, and pixels to and from them.

A region is what BlazePose calls a rect: centred on the hips, turned so that the body is upright in the crop.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
Image = NDArray[np.uint8]

REGION_SCALE: Final = 1.25
"""The square's side over the body circle's diameter, as the landmark network was trained with."""


@dataclass(frozen=True)
class Region:
    """A turned square in an image.

    Attributes:
        center_px: (2,) x, y.
        size_px: side.
        rotation_rad: clockwise on screen (+x right, +y down), in [-pi, pi); 0 where the body is upright.
    """

    center_px: FloatArray
    size_px: float
    rotation_rad: float = 0.0

    @classmethod
    def from_body_circle(cls, hip_center_px: FloatArray, scale_point_px: FloatArray) -> Self:
        """Return the region of a body that fits the circle around the hips through the scale point above the head.

        Args:
            hip_center_px, scale_point_px: (2,) each; the detector and the landmark network both give these.
        Source: MediaPipe 0.10.21, graphs pose_detection_to_roi and pose_landmarks_to_roi.
        """
        right, down = (float(value) for value in scale_point_px - hip_center_px)
        rotation_rad = math.pi / 2 - math.atan2(-down, right)
        rotation_rad -= 2 * math.pi * math.floor((rotation_rad + math.pi) / (2 * math.pi))
        size_px = 2 * math.hypot(right, down) * REGION_SCALE
        return cls(np.asarray(hip_center_px, dtype=np.float64), size_px, rotation_rad)

    @classmethod
    def around_box(cls, bbox_px: FloatArray) -> Self:
        """Return a first, upright guess for a person's box (4,) x0, y0, x1, y1; one pass of landmarks refines it.

        Note: the guess holds the whole box, with the margin that a body circle around the box's centre would have.
        """
        low, high = bbox_px[:2], bbox_px[2:]
        return cls((low + high) / 2, float(np.max(high - low)) * REGION_SCALE)

    def image_from_crop(self, crop_side: int) -> NDArray[np.float64]:
        """Return the (2, 3) affine map from pixels of a crop with this side to pixels of the image."""
        scale = self.size_px / crop_side
        cosine, sine = math.cos(self.rotation_rad) * scale, math.sin(self.rotation_rad) * scale
        half = crop_side / 2
        x, y = (float(value) for value in self.center_px)
        return np.array(
            [[cosine, -sine, x - (cosine - sine) * half], [sine, cosine, y - (sine + cosine) * half]],
        )

    def corners_px(self) -> NDArray[np.float64]:
        """Return the four corners (4, 2) in the image."""
        crop_corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        return transform_points(self.image_from_crop(1), crop_corners)


class Crop(Protocol):
    """A function that cuts a region out of an image, as `crop_image` does."""

    def __call__(self, image_rgb: Image, region: Region, crop_side: int, *, repeat_border: bool) -> Image:
        """Return the (S, S, 3) crop of a region."""
        ...


def transform_points(affine: FloatArray, points: FloatArray) -> NDArray[np.float64]:
    """Return points (..., 2) moved by a (2, 3) affine map."""
    return np.asarray(points @ affine[:, :2].T + affine[:, 2], dtype=np.float64)


def crop_image(image_rgb: Image, region: Region, crop_side: int, *, repeat_border: bool) -> Image:
    """Return the (S, S, 3) crop of a region, sampled bilinearly.

    Args:
        image_rgb: (H, W, 3).
        region: what to cut out.
        crop_side: S, pixels.
        repeat_border: repeat the image's edge outside it (landmark network), or black (detector).

    Note: like MediaPipe, whole coordinates are pixel centres on both sides, and a large region is not filtered before
        it is sampled down: the networks then see what they see in MediaPipe.
    """
    border = cv2.BORDER_REPLICATE if repeat_border else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(
        image_rgb, region.image_from_crop(crop_side), (crop_side, crop_side), flags=flags, borderMode=border
    )
    return np.asarray(crop, dtype=np.uint8)
