"""A shot's truth as a mirror shows it: left is right, and the picture's left edge its right one."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ...skeleton import MIRROR_JOINTS, MIRROR_LANDMARKS
from .arrays import FloatArray

_FLIP: Final = np.array([-1.0, 1.0, 1.0], np.float32)
_JOINTS, _LANDMARKS = list(MIRROR_JOINTS), list(MIRROR_LANDMARKS)


def mirrored_pixels(points_px: FloatArray, width_px: float) -> FloatArray:
    """Return image points (..., 33, 2) of the mirrored picture."""
    result: FloatArray = points_px[..., _LANDMARKS, :] * _FLIP[:2] + np.array([width_px, 0.0], np.float32)
    return result


def mirrored_poses(poses: FloatArray) -> FloatArray:
    """Return axis-angle poses (..., 24, 3), the root's in camera axes, as the mirror shows them.

    Note: a rotation about an axis in the mirror's plane turns the other way; one about the axis across it does not.
    """
    result: FloatArray = poses[..., _JOINTS, :] * -_FLIP
    return result


def mirrored_truth(truth: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays of a truth (`core.training.rendered.render` has the keys) of the mirrored pictures.

    Note: of what is not about the people in camera axes, such as contacts and the camera's path, nothing is mirrored.
    """
    return {
        **truth,
        "poses": mirrored_poses(truth["poses"]),
        "pelvis_cam": truth["pelvis_cam"] * _FLIP,
        "landmarks": truth["landmarks"][:, :, _LANDMARKS] * _FLIP,
        "keypoints2d_px": mirrored_pixels(truth["keypoints2d_px"], float(truth["image_size"][0])),
        "hidden": truth["hidden"][:, :, _LANDMARKS],
    }
