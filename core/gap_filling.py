"""Fills short gaps of a track, so that the motion prior says what the person did while nobody could be seen."""

import dataclasses
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .segments import LONGEST_BRIDGED_GAP_S, Segment, split_at_gaps, true_runs
from .tracks import Track

SURE_PRESENCE: Final = 0.98
"""Of a person who is there the network is nearly always surer; below, on rendered people, the guess is as good as any:
200 mm off, where it is else 110. It happens as somebody goes behind something, before the network gives up."""


def leave_out_unsure(track: Track, frame_rate_hz: float) -> Track:
    """Return the track without short runs of rows in which the network is not sure that anybody is there.

    Note: at the ends of the track, and where it is unsure for long, the rows stay: a poor guess is then all there is.
    """
    kept = np.ones(len(track.frame_ids), bool)
    for run in true_runs(track.presence < SURE_PRESENCE):
        is_inside = run.start > 0 and run.stop < len(kept)
        if is_inside and track.frame_ids[run.stop] - track.frame_ids[run.start - 1] - 1 <= _longest(frame_rate_hz):
            kept[run] = False
    return track.take(kept)


def _longest(frame_rate_hz: float) -> float:
    """Return how many frames may be missing in what counts as a short gap."""
    return LONGEST_BRIDGED_GAP_S * frame_rate_hz


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
