"""BlazePose's landmark network on regions of a frame: 33 landmarks in the image and in metres, for several people.

Used by the tracker. Source: MediaPipe 0.10.21, graph pose_landmark_by_roi_cpu and the calculators in it,
re-implemented from their facts; docs/blazepose_parity.md compares every step.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .crops import Crop, Image, Region, crop_image, transform_points
from .models.engine import Network
from .skeleton import LANDMARK_COUNT

FloatArray = NDArray[np.floating[Any]]

INPUT_SIDE: Final = 256
CIRCLE_ROWS: Final = slice(33, 35)
"""The hips' centre and the scale point come after the 33 landmarks; rows 35 to 38 are not used."""
REFINE_RADIUS: Final = 4
"""Heat map cells to each side of a landmark that its refined position is averaged over."""
MIN_REFINE_CONFIDENCE: Final = 0.5


@dataclass(frozen=True)
class PersonLandmarks:
    """The landmarks of one person in one frame.

    Attributes:
        keypoints2d_px: (33, 2) image pixels.
        world_landmarks: (33, 3) metres, camera axes, origin between the hips as the network puts it.
        visibility: (33,) 0..1.
        presence: 0..1, how likely the region holds a person.
        region: where the network looked.
        circle_px: (2, 2) hips' centre and scale point, of which the next frame's region is made.
    """

    keypoints2d_px: FloatArray
    world_landmarks: FloatArray
    visibility: FloatArray
    presence: float
    region: Region
    circle_px: FloatArray

    @property
    def next_region(self) -> Region:
        """Where to look in the next frame, before any smoothing."""
        return Region.from_body_circle(*self.circle_px)


class LandmarkEstimator:
    """Runs `blazepose_heavy` or `blazepose_full` on regions.

    Args:
        network: image (N, 3, 256, 256) RGB in [0, 1] -> landmarks (N, 39, 5) input pixels and logits, presence (N, 1),
            heatmap (N, 39, 64, 64) logits, world_landmarks (N, 39, 3) metres.
        crop: cuts a region out of an image; another one than crop_image is for comparisons.
    """

    def __init__(self, network: Network, crop: Crop = crop_image) -> None:
        self._network = network
        self._crop = crop

    def estimate(self, image_rgb: Image, regions: list[Region]) -> list[PersonLandmarks]:
        """Return the landmarks of each region of one image (H, W, 3)."""
        if not regions:
            return []
        crops = [self._crop(image_rgb, region, INPUT_SIDE, repeat_border=True) for region in regions]
        images = np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32) / 255.0
        outputs = self._network.run({"image": np.ascontiguousarray(images)})
        rows = zip(
            regions,
            outputs["landmarks"],
            outputs["presence"],
            outputs["heatmap"],
            outputs["world_landmarks"],
            strict=True,
        )
        return [decode_landmarks(*row) for row in rows]


def decode_landmarks(
    region: Region, landmarks: FloatArray, presence: FloatArray, heatmap: FloatArray, world_landmarks: FloatArray
) -> PersonLandmarks:
    """Return one person's landmarks from one row of the network's outputs.

    Args:
        region: where the network looked.
        landmarks: (39, 5) x, y, z in input pixels, then logits of visibility and presence.
        presence: (1,) 0..1.
        heatmap: (39, 64, 64) logits.
        world_landmarks: (39, 3) metres in the crop's turned axes.
    """
    crop_points = refine_with_heatmap(landmarks[:, :2].astype(np.float64), heatmap)
    points_px = transform_points(region.image_from_crop(INPUT_SIDE), crop_points)
    return PersonLandmarks(
        keypoints2d_px=points_px[:LANDMARK_COUNT],
        world_landmarks=rotate_in_image_plane(world_landmarks[:LANDMARK_COUNT].astype(np.float64), region.rotation_rad),
        visibility=_sigmoid(landmarks[:LANDMARK_COUNT, 3].astype(np.float64)),
        presence=float(presence.reshape(-1)[0]),
        region=region,
        circle_px=points_px[CIRCLE_ROWS],
    )


def refine_with_heatmap(points: FloatArray, heatmap: FloatArray) -> NDArray[np.float64]:
    """Return points moved to the confidence-weighted mean of the heat map around them, where it is confident.

    Args:
        points: (L, 2) x, y in input pixels.
        heatmap: (L, S, S) logits.

    Note: a point outside the map, or near no confident cell, stays. Cell i stands for position i / S of the input.
    """
    refined = points.astype(np.float64)
    side = heatmap.shape[-1]
    pixels_per_cell = INPUT_SIDE / side
    cells = np.trunc(points / pixels_per_cell).astype(np.int64)
    for row in np.flatnonzero(((cells >= 0) & (cells < side)).all(axis=1)):
        column_low, row_low = np.maximum(cells[row] - REFINE_RADIUS, 0)
        column_high, row_high = np.minimum(cells[row] + REFINE_RADIUS + 1, side)
        confidence = _sigmoid(heatmap[row, row_low:row_high, column_low:column_high].astype(np.float64))
        if confidence.max() >= MIN_REFINE_CONFIDENCE:
            x = np.average(np.arange(column_low, column_high), weights=confidence.sum(axis=0))
            y = np.average(np.arange(row_low, row_high), weights=confidence.sum(axis=1))
            refined[row] = np.array([x, y]) * pixels_per_cell
    return refined


def rotate_in_image_plane(points: FloatArray, rotation_rad: float) -> NDArray[np.float64]:
    """Return points (L, 3) turned about the viewing axis, from a region's axes to the camera's."""
    cosine, sine = np.cos(rotation_rad), np.sin(rotation_rad)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(points @ turn.T, dtype=np.float64)


def _sigmoid(logits: FloatArray) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0))), dtype=np.float64)
