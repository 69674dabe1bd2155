"""Simulated views as the tracks of a video, so that what is measured is what `estimate` runs, from the track on."""

import numpy as np

from ...tracks import Track, visible_bbox
from ...view import View
from ..simulator import SimulatedViews
from .estimates import IMAGE_SIZE


def simulated_track(views: SimulatedViews, index: int) -> tuple[Track, View]:
    """Return one of N simulated views as a track of T frames, and the camera as the estimator believes it to be."""
    pixels = max(IMAGE_SIZE) / 2
    frame_count = views.visibility.shape[1]
    keypoints2d_px = views.keypoints2d[index].numpy().astype(np.float64) * pixels + np.array(IMAGE_SIZE) / 2
    visibility = views.visibility[index].numpy().astype(np.float64)
    boxes = [visible_bbox(points, seen, IMAGE_SIZE) for points, seen in zip(keypoints2d_px, visibility, strict=True)]
    track = Track(
        frame_ids=np.arange(frame_count),
        timestamps=np.arange(frame_count) / views.frame_rate_hz,
        bbox_px=np.stack(boxes),
        keypoints2d_px=keypoints2d_px,
        world_landmarks=views.world_landmarks[index].numpy().astype(np.float64),
        visibility=visibility,
        presence=np.ones(frame_count),
    )
    return track, View(float(views.focal[index]) * pixels, IMAGE_SIZE, views.frame_rate_hz)
