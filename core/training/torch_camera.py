"""Evidence and weak camera in torch: twins of core/evidence.py and core/weak_camera.py for training.

2-D points here are relative to the principal point, in any unit that the focal length shares (+x right, +y down).
"""

from typing import NamedTuple

import torch
from torch import Tensor

BOX_MARGIN = 1.1
MINIMUM_DEPTH_M = 0.3


class BoxedEvidence(NamedTuple):
    """Input of the lifter and the landmark boxes it refers to (any leading axes `...`)."""

    values: Tensor
    """(..., 201)"""
    box_center: Tensor
    """(..., 2) relative to the principal point."""
    box_half_side: Tensor
    """(..., 1)"""


def landmark_evidence(keypoints2d: Tensor, world_landmarks: Tensor, visibility: Tensor, focal: Tensor) -> BoxedEvidence:
    """Return the lifter's input.

    Args:
        keypoints2d: (..., 33, 2) relative to the principal point.
        world_landmarks: (..., 33, 3) metres, hip-rooted, camera axes.
        visibility: (..., 33).
        focal: (..., 1) in the unit of keypoints2d.
    """
    low, high = keypoints2d.amin(-2), keypoints2d.amax(-2)
    center = (low + high) / 2
    half_side = ((high - low).amax(-1, keepdim=True) / 2 * BOX_MARGIN).clamp_min(1e-4 * focal)
    boxed = (keypoints2d - center[..., None, :]) / half_side[..., None]
    place = torch.cat([center / focal, torch.log(half_side / focal)], dim=-1)
    values = torch.cat([boxed.flatten(-2), 2 * world_landmarks.flatten(-2), visibility, place], dim=-1)
    return BoxedEvidence(values, center, half_side)


def weak_camera_to_pelvis(weak_camera: Tensor, box_center: Tensor, box_half_side: Tensor, focal: Tensor) -> Tensor:
    """Return the pelvis (..., 3) in camera axes, metres, of the weak camera (..., 3) in full-frame form.

    Source: paper, section 2.3 (t_z = 2 f / (Res s)), with the box's side for Res and the full frame's focal length.
    """
    scaled = weak_camera[..., :1] * box_half_side
    return torch.cat([weak_camera[..., 1:] + box_center / scaled, focal / scaled], dim=-1)


def project(landmarks: Tensor, pelvis: Tensor, focal: Tensor) -> Tensor:
    """Return (..., 33, 2) of pelvis-rooted landmarks (..., 33, 3) seen with the pelvis at (..., 3).

    Source: paper, equation 4 with R the identity.
    """
    points = landmarks + pelvis[..., None, :]
    return focal[..., None] * points[..., :2] / points[..., 2:].clamp_min(MINIMUM_DEPTH_M)
