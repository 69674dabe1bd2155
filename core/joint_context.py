"""What each joint's recurrent encoder is told beside the feature: how well the joint is seen, and how fast frames come.

Without it an encoder cannot tell a joint that is hidden from one that stands still, nor a slow camera from a fast one.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .confidence import joint_visibility

REFERENCE_RATE_HZ: Final = 30.0


def joint_context(visibility: NDArray[np.floating[Any]], frame_rate_hz: float) -> NDArray[np.float32]:
    """Return (T, 24, 2): the visibility of the landmarks that decide each joint, and log2(frame rate / 30 Hz).

    Args:
        visibility: (T, 33) 0..1; 0 where a frame is missing.
    """
    seen = joint_visibility(visibility)
    rate = np.full_like(seen, math.log2(frame_rate_hz / REFERENCE_RATE_HZ))
    return np.stack([seen, rate], axis=-1)
