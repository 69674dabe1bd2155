"""Fills the frames between those that the networks looked at, where only each n-th was (core/quality.py)."""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .tracks import Track

FloatArray = NDArray[np.floating[Any]]

FEWEST_FOR_CURVE: Final = 3
_CURVED: Final = ("keypoints2d_px", "world_landmarks")


def fill_between_looks(track: Track, every: int, times_s: Sequence[float]) -> Track:
    """Return the track with a row for every frame between two looks.

    Landmarks run along a curve through the looks (Akima's, which does not overshoot where somebody stops), all else in
    a straight line; unlike the rows of `fill_short_gaps` these are trusted as much as the looks around them.

    Args:
        track: as the tracker gave it.
        every: the distance of two looks, frames. Where somebody was not seen for longer, the gap stays.
        times_s: of all frames of the video, which need not be evenly spaced.
    """
    if every == 1 or len(track.frame_ids) < 2:
        return track
    cuts = np.flatnonzero(np.diff(track.frame_ids) > every) + 1
    runs = [slice(first, last) for first, last in pairwise([0, *cuts.tolist(), len(track.frame_ids)])]
    parts = [_fill_run(track, run, np.asarray(times_s)) for run in runs]
    return Track(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _fill_run(track: Track, run: slice, times_s: FloatArray) -> dict[str, NDArray[Any]]:
    looks = track.frame_ids[run]
    frames = np.arange(looks[0], looks[-1] + 1)
    look_times_s, all_times_s = times_s[looks], times_s[frames]
    filled: dict[str, NDArray[Any]] = {"frame_ids": frames, "timestamps": all_times_s}
    for field in dataclasses.fields(Track):
        if field.name not in filled:
            values = _fill(look_times_s, getattr(track, field.name)[run], all_times_s, field.name in _CURVED)
            values[looks - looks[0]] = getattr(track, field.name)[run]
            filled[field.name] = values
    return filled


def _fill(look_times_s: FloatArray, values: FloatArray, times_s: FloatArray, is_curved: bool) -> FloatArray:
    """Return values (T, ...) at times (T,) of those (N, ...) of the looks."""
    if is_curved and len(look_times_s) >= FEWEST_FOR_CURVE:
        # Takes a good part of a second, which the start of an estimate need not wait for.
        from scipy.interpolate import Akima1DInterpolator

        filled: FloatArray = Akima1DInterpolator(look_times_s, values, axis=0)(times_s)
        return filled
    columns = [np.interp(times_s, look_times_s, column) for column in values.reshape(len(values), -1).T]
    return np.stack(columns, axis=-1).reshape(len(times_s), *values.shape[1:])
