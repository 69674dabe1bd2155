"""How many metres a unit of a solved camera's way is, from feet that stand still. numpy only.

The person's own size is known in metres. So a standing sole is at a + s c: `a` from the motion as the camera sees it,
turned as the camera is, `c` the camera's place, `s` the scale. That a sole keeps its place in a contact, and that it is
on the floor where that is known, are both linear in `s`, so the least squares have a closed form.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.errors import OptionError
from ...core.segments import split_at_gaps, true_runs
from ..axes import FloatArray
from ..cleanup.capture import RawCapture
from ..cleanup.legs import LEGS, BodyMotion, pose_leg

BoolArray = NDArray[np.bool_]

LEAST_CAMERA_MOVE: Final = 1e-3
"""Of the camera while feet stand, against its distance to them: a scale found from less is noise."""
LOW_PERCENTILE: Final = 5.0
"""Of the lower sole's height: the floor of a motion without contacts."""

NO_SCALE: Final = "The camera's scale cannot be found: {}."
NO_SCALE_HINT: Final = "Switch Fit Scale off and type the scale, or give the floor's height."


def standing_soles(motion: BodyMotion, capture: RawCapture) -> FloatArray:
    """Return the places (T, 4, 3), metres, of the soles under left heel and toe, right heel and toe."""
    return np.concatenate([pose_leg(motion, leg, capture).soles for leg in LEGS], axis=1)


def fit_scale(
    soles: FloatArray, location: FloatArray, stands: BoolArray, frame_ids: NDArray[np.int64], rate_hz: float,
    floor_height: float | None,
) -> float:  # fmt: skip
    """Return the scale at which standing soles slide least, and are nearest to the floor where that is known.

    Args:
        soles: (T, 4, 3) metres, turned as the camera is, but with the camera in the world's origin.
        location: (T, 3) the camera's way, in units of the solved scene.
        stands: (T, 4).
        frame_ids: (T,) source frames; a foot's place is not carried over a long gap.
        floor_height: metres, or None.
    Raises:
        OptionError: no foot stands, or the camera hardly moves while one does.
    """
    products = squares = size = 0.0
    for segment in split_at_gaps(frame_ids, rate_hz):
        for part in range(stands.shape[1]):
            for run in true_runs(stands[segment.rows, part]):
                rows = slice(segment.rows.start + run.start, segment.rows.start + run.stop)
                seen, moved = soles[rows, part].copy(), location[rows].copy()
                size += float(np.square(seen).sum())
                level = slice(0, 3 if floor_height is None else 2)
                seen[:, level] -= seen[:, level].mean(axis=0)
                moved[:, level] -= moved[:, level].mean(axis=0)
                if floor_height is not None:
                    seen[:, 2] -= floor_height
                products += float((seen * moved).sum())
                squares += float(np.square(moved).sum())
    if not size:
        raise OptionError(NO_SCALE.format("no foot stands"), NO_SCALE_HINT)
    scale = -products / squares if squares else 0.0
    if scale <= 0 or scale**2 * squares < LEAST_CAMERA_MOVE**2 * size:
        raise OptionError(NO_SCALE.format("the camera hardly moves while a foot stands"), NO_SCALE_HINT)
    return scale


def found_floor_height(soles: FloatArray, stands: BoolArray) -> float:
    """Return the height of the floor, metres: the median of standing soles, else low among all.

    Args:
        soles: (T, 4, 3) in the world; `stands`: (T, 4).
    """
    heights = soles[..., 2]
    if stands.any():
        return float(np.median(heights[stands]))
    return float(np.percentile(heights.min(axis=1), LOW_PERCENTILE))
