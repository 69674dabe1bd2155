"""How much of the temporal prior each joint keeps: between the per-frame result and the estimate. numpy only."""

from typing import Final

import numpy as np

from ...core.rotations import rotvec_to_quat_wxyz
from ..axes import FloatArray

NEARLY_EQUAL: Final = 1e-6
"""Sine of an angle below which straight interpolation is exact to rounding."""


def blend_joints(per_frame: FloatArray, estimate: FloatArray, weights: FloatArray) -> FloatArray:
    """Return unit quaternions (T, 24, 4), (w, x, y, z), of each joint between its two results.

    Args:
        per_frame, estimate: (T, 24, 3) axis-angle.
        weights: (24,) 0..1, the share of the estimate. At 1 a joint is the estimate's bit for bit.
    """
    quats = rotvec_to_quat_wxyz(estimate)
    blended = np.flatnonzero(weights < 1)
    if len(blended):
        start = rotvec_to_quat_wxyz(per_frame[:, blended])
        quats[:, blended] = slerp_quat_wxyz(start, quats[:, blended], weights[blended])
    return quats


def slerp_quat_wxyz(start: FloatArray, end: FloatArray, share: FloatArray) -> FloatArray:
    """Return the rotations (..., 4) at a share (...) of the shorter way from `start` (..., 4) to `end` (..., 4).

    Note: shares of 0 and 1 give start and end exactly, the end perhaps with all its signs turned.
    """
    cosine = np.einsum("...i,...i->...", start, end)
    sign = np.where(cosine < 0, -1.0, 1.0)
    angle = np.arccos(np.minimum(np.abs(cosine), 1.0))
    sine = np.sin(angle)
    is_near = sine < NEARLY_EQUAL
    safe = np.where(is_near, 1.0, sine)
    of_start = np.where(is_near, 1 - share, np.sin((1 - share) * angle) / safe)
    of_end = np.where(is_near, share, np.sin(share * angle) / safe)
    between: FloatArray = of_start[..., None] * start + (of_end * sign)[..., None] * end
    return between
