"""Smoothing of what a motion's frames hold. numpy only."""

import numpy as np

from .rig import FloatArray


def smooth(series: FloatArray, reach: int) -> FloatArray:
    """Return a series (T, A) averaged over about `reach` frames to either side."""
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(series, ((reach, reach), (0, 0)), mode="edge")
    return np.stack(
        [np.convolve(column, window / window.sum(), mode="valid") for column in padded.T],
        axis=1,
    )
