"""How well feet stand: on the frames in which the truth's heels and toes touch the floor, in the world's axes."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...skeleton import CONTACT_LANDMARKS
from ..metrics import MM_PER_M
from .rendered_tracks import thinning
from .rendered_truth import ShotTruth

FloatArray = NDArray[np.floating[Any]]

UP_AXIS: Final = 1
LEVEL_AXES: Final = (0, 2)


@dataclass(frozen=True)
class FootScores:
    """Heels and toes while the truth's stand; NaN where they never do.

    Attributes:
        sliding_mm: mean level movement in 1/30 s.
        penetration_mm, float_mm: mean depth below, and height above, the true height of the same point; the constant
            height by which the whole track is best moved first is taken out, so a level floor costs nothing.
    """

    sliding_mm: float
    penetration_mm: float
    float_mm: float


def foot_scores(landmarks_cam: FloatArray, truth: ShotTruth) -> FootScores:
    """Return the scores of landmarks (T, 33, 3), camera axes in their true place, NaN where there is no pose."""
    feet, true_feet = (
        truth.to_world(points)[:, list(CONTACT_LANDMARKS)] for points in (landmarks_cam, truth.landmarks)
    )
    moved_mm = MM_PER_M * sliding_m(feet, truth.contacts, truth.frame_rate_hz)
    height_mm = MM_PER_M * (feet - true_feet)[..., UP_AXIS][truth.contacts & np.isfinite(feet).all(axis=-1)]
    if not height_mm.size:
        return FootScores(_mean(moved_mm), float("nan"), float("nan"))
    height_mm = height_mm - np.median(height_mm)
    return FootScores(_mean(moved_mm), float(np.maximum(-height_mm, 0).mean()), float(np.maximum(height_mm, 0).mean()))


def sliding_m(feet_world: FloatArray, contacts: NDArray[np.bool_], frame_rate_hz: float) -> FloatArray:
    """Return the level movement in 1/30 s (N,) of points (T, K, 3) that stand (T, K) in this and the next frame."""
    step, relative_rate = thinning(frame_rate_hz)
    feet, stands = feet_world[::step], contacts[::step]
    moved = np.linalg.norm(np.diff(feet[..., LEVEL_AXES], axis=0), axis=-1)
    chosen: FloatArray = moved[stands[1:] & stands[:-1] & np.isfinite(moved)]
    return chosen * relative_rate


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")
