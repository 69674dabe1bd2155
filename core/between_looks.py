"""Fills the frames between those that the networks looked at, where only each n-th was (core/quality.py)."""

import dataclasses
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .tracks import Track

FloatArray = NDArray[np.floating[Any]]

FEWEST_FOR_CURVE: Final = 3
_CURVED: Final = ("keypoints2d_px", "world_landmarks")


def fill_between_looks(track: Track, every: int) -> Track:
    """Return the track with a row for every frame between two looks.

    Landmarks run along a curve through the looks (Akima's, which does not overshoot where somebody stops), all else in
    a straight line; unlike the rows of `fill_short_gaps` these are trusted as much as the looks around them.

    Args:
        track: as the tracker gave it.
        every: the distance of two looks, frames. Where somebody was not seen for longer, the gap stays.
    """
    if every == 1 or len(track.frame_ids) < 2:
        return track
    cuts = np.flatnonzero(np.diff(track.frame_ids) > every) + 1
    runs = [slice(first, last) for first, last in pairwise([0, *cuts.tolist(), len(track.frame_ids)])]
    parts = [_fill_run(track, run) for run in runs]
    return Track(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _fill_run(track: Track, run: slice) -> dict[str, NDArray[Any]]:
    looks = track.frame_ids[run]
    frames = np.arange(looks[0], looks[-1] + 1)
    filled: dict[str, NDArray[Any]] = {"frame_ids": frames}
    for field in dataclasses.fields(Track):
        if field.name != "frame_ids":
            values = getattr(track, field.name)[run]
            filled[field.name] = _fill(looks, values, frames, is_curved=field.name in _CURVED)
    return filled


def _fill(looks: NDArray[np.int64], values: FloatArray, frames: NDArray[np.int64], *, is_curved: bool) -> FloatArray:
    """Return values (T, ...) at all frames, those (N, ...) of the looks unchanged."""
    if is_curved and len(looks) >= FEWEST_FOR_CURVE:
        # Takes a good part of a second, which the start of an estimate need not wait for.
        from scipy.interpolate import Akima1DInterpolator

        filled: FloatArray = Akima1DInterpolator(looks, values, axis=0)(frames)
    else:
        columns = [np.interp(frames, looks, column) for column in values.reshape(len(looks), -1).T]
        filled = np.stack(columns, axis=-1).reshape(len(frames), *values.shape[1:])
    filled[looks - looks[0]] = values
    return filled
