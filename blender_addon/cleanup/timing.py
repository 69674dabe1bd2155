"""Trim, loop, in place and speed: which frames are keyed, and when. numpy only."""

import numpy as np
from numpy.typing import NDArray

from ...core.errors import OptionError
from ...core.rotations import continuous_quat_wxyz
from ..axes import FloatArray
from .filters import smoothstep
from .legs import BodyMotion
from .prior import slerp_quat_wxyz


def trimmed_rows(frame_ids: NDArray[np.int32], first_frame: int, end_frame: int) -> slice:
    """Return the rows of source frames from `first_frame` up to `end_frame`, exclusive; 0 for all the rest.

    Raises:
        OptionError: no frame is left.
    """
    end = end_frame or int(frame_ids[-1]) + 1
    first_row, end_row = (int(row) for row in np.searchsorted(frame_ids, (first_frame, end)))
    if first_row >= end_row:
        raise OptionError(
            f"The trim from frame {first_frame} to {end} leaves no frame of the motion, "
            f"which has the frames {int(frame_ids[0])} to {int(frame_ids[-1])}.",
            "Set First Frame lower or End Frame higher.",
        )
    return slice(first_row, end_row)


def close_loop(motion: BodyMotion, blend_rows: int, keeps_travel: bool) -> BodyMotion:
    """Return a cycle (C, ...), shorter by the blend: its last frame is the pose of its first one.

    The end of the clip goes over into the start: the first frames of the cycle are a blend from what follows its last
    frame to the start of the clip, so neither pose nor speed jump.

    Args:
        blend_rows: frames to blend over; at most half of the clip.
        keeps_travel: the last pose stands where the next cycle starts; else the horizontal travel is taken out evenly.
    Note: fewer than 3 frames are returned as they are.
    """
    count = len(motion.pelvis)
    if count < 3:
        return motion
    blend = min(max(blend_rows, 1), (count - 1) // 2)
    period = count - 1 - blend
    share = smoothstep(np.arange(blend + 1) / blend)
    cycle = motion.rows(slice(0, period + 1)).copy()
    tail, head = motion.rows(slice(period, None)), motion.rows(slice(0, blend + 1))
    travel = (tail.pelvis - head.pelvis).mean(axis=0)
    # Nobody rises or sinks from cycle to cycle.
    travel[2] = 0.0
    cycle.quats_wxyz[: blend + 1] = slerp_quat_wxyz(tail.quats_wxyz, head.quats_wxyz, share[:, None])
    cycle.pelvis[: blend + 1] = (1 - share[:, None]) * (tail.pelvis - travel) + share[:, None] * head.pelvis
    if not keeps_travel:
        cycle.pelvis -= np.arange(period + 1)[:, None] / period * travel
    cycle.quats_wxyz = continuous_quat_wxyz(cycle.quats_wxyz)
    return cycle


def without_travel(pelvis: FloatArray) -> FloatArray:
    """Return pelvis places (T, 3) above the first one's: up and down stay."""
    result = pelvis.copy()
    result[:, :2] = pelvis[0, :2]
    return result


def scaled_times(times_s: NDArray[np.float64], speed: float) -> NDArray[np.float64]:
    """Return times (T,), seconds, played `speed` times as fast from the first one on."""
    if speed == 1.0:
        return times_s
    scaled: NDArray[np.float64] = times_s[0] + (times_s - times_s[0]) / speed
    return scaled
