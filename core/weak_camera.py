"""From the weak camera of the landmark box to the place of the pelvis in front of the real camera."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence

FloatArray = NDArray[np.floating[Any]]


def weak_camera_to_pelvis(weak_camera: FloatArray, evidence: Evidence, focal_length_px: float) -> NDArray[np.float64]:
    """Return the pelvis (T, 3) in camera axes, metres; SMPL's translation is this less the rest pelvis.

    Args:
        weak_camera: (T, 3) scale s and t_x, t_y, relative to the landmark box.
        focal_length_px: of the full frame, the one that the evidence was made with.
    Note: the lifter was trained so that t places the pelvis joint, which makes it independent of the shape.
    Source: paper, section 2.3 (t_z = 2 f / (Res s)); here Res is the box's side and f the real focal length, and the
    box's own place in the image is added (the full-frame form of CLIFF).
    """
    scale = np.asarray(weak_camera[:, 0], np.float64) * evidence.box_half_side_px
    across = weak_camera[:, 1:] + evidence.box_center_px / scale[:, None]
    return np.concatenate([across, (focal_length_px / scale)[:, None]], axis=1)
