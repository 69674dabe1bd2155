"""Fills short gaps of a track, so that the motion prior says what the person did while nobody could be seen."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from .segments import Segment, split_at_gaps
from .tracks import Track


def fill_short_gaps(track: Track, frame_rate_hz: float) -> Track:
    """Return the track with a row for every frame of its short gaps; long ones stay gaps.

    A filled row's landmarks lie on the straight line between the frames around it, and their visibility and presence
    are 0 (`Track.is_filled`): a place to start from, which nothing that weighs evidence trusts.

    Args:
        frame_rate_hz: of the video; what a short gap is follows from it (core/segments.py).
    """
    segments = split_at_gaps(track.frame_ids, frame_rate_hz)
    if all(segment.frame_count == len(segment.places) for segment in segments):
        return track
    parts = [_fill_segment(track, segment) for segment in segments]
    names = [field.name for field in dataclasses.fields(Track)]
    return Track(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _fill_segment(track: Track, segment: Segment) -> Track:
    """Return one segment of a track with a row for every frame."""

    def bridged(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(segment.bridge(values), np.float64)

    return Track(
        frame_ids=track.frame_ids[segment.rows][0] + np.arange(segment.frame_count),
        timestamps=bridged(track.timestamps),
        bbox_px=bridged(track.bbox_px),
        keypoints2d_px=bridged(track.keypoints2d_px),
        world_landmarks=bridged(track.world_landmarks),
        visibility=bridged(track.visibility) * segment.is_row[:, None],
        presence=bridged(track.presence) * segment.is_row,
    )
