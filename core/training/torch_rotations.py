"""Rotation conversions in torch, with gradients: twins of core/rotations.py for training."""

import torch
from torch import Tensor
from torch.nn import functional as F


def rot6d_to_rotmat(rot6d: Tensor) -> Tensor:
    """Return (..., 3, 3) of 6-D rotations (..., 6), interleaved columns.

    Source: paper, equation 3.
    """
    first_raw, second_raw = rot6d[..., 0::2], rot6d[..., 1::2]
    first = F.normalize(first_raw, dim=-1)
    second = F.normalize(second_raw - (first * second_raw).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second, dim=-1)], dim=-1)


def rotmat_to_rot6d(rotmat: Tensor) -> Tensor:
    """Return (..., 6), interleaved columns, of rotation matrices (..., 3, 3)."""
    return rotmat[..., :2].flatten(-2)


def rotvec_to_rotmat(rotvec: Tensor) -> Tensor:
    """Return (..., 3, 3) of axis-angle vectors (..., 3) in radians; value and gradient are finite at zero."""
    x, y, z = rotvec.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))
    squared = rotvec.square().sum(-1)[..., None, None]
    # sin(a)/a and (1 - cos(a))/a^2; the clamp keeps the gradient finite at zero, where both are flat.
    angle = squared.clamp_min(1e-12).sqrt()
    eye = torch.eye(3, dtype=rotvec.dtype, device=rotvec.device)
    rotmat: Tensor = eye + torch.sin(angle) / angle * cross + (1 - torch.cos(angle)) / angle.square() * (cross @ cross)
    return rotmat


def rotation_angle_deg(first: Tensor, second: Tensor) -> Tensor:
    """Return the angle (...) in degrees between rotation matrices (..., 3, 3); for reports, not for gradients."""
    cosine = ((first * second).sum((-1, -2)) - 1) / 2
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))
