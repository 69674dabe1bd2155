"""Rotation matrices to axis-angle in torch, with gradients that are finite and right at every angle."""

import torch
from torch import Tensor

_SMALL_SQUARED_SINE = 1e-8
"""Below it the series is exact to float32."""


def rotmat_to_rotvec(rotmat: Tensor) -> Tensor:
    """Return axis-angle vectors (..., 3), radians, angle in [0, pi], of rotation matrices (..., 3, 3).

    Source: paper, equation 2, which gives the angle alone. Differs: goes through a quaternion and the arc tangent. The
        arc cosine has no gradient at the identity and few digits near it; near pi the axis is lost in the
        antisymmetric part, so the quaternion's largest component is the pivot.
    Note: at pi itself the sign of the axis is free, and the vector jumps from one to the other.
    """
    quaternion = _quaternion_wxyz(rotmat)
    cosine, vector = quaternion[..., :1], quaternion[..., 1:]
    squared_sine = vector.square().sum(-1, keepdim=True)
    is_small = squared_sine < _SMALL_SQUARED_SINE
    # Both branches are computed, and a NaN in the one not taken would reach the gradient.
    sine = torch.where(is_small, torch.ones_like(squared_sine), squared_sine).sqrt()
    # angle / sin(angle / 2), from the series of the arc tangent near zero.
    series = 2 / cosine.clamp_min(0.5) * (1 - squared_sine / 3)
    return vector * torch.where(is_small, series, 2 * torch.atan2(sine, cosine) / sine)


def _quaternion_wxyz(rotmat: Tensor) -> Tensor:
    """Return unit quaternions (..., 4) with w at least zero."""
    m = rotmat
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    # Rows: the quaternion times four times its w, x, y and z. The row with the largest pivot has digits to spare.
    squares = torch.stack([1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], dim=-1)
    rows = torch.stack(
        [
            torch.stack([squares[..., 0], a, b, c], dim=-1),
            torch.stack([a, squares[..., 1], d, e], dim=-1),
            torch.stack([b, d, squares[..., 2], f], dim=-1),
            torch.stack([c, e, f, squares[..., 3]], dim=-1),
        ],
        dim=-2,
    )
    pivot = squares.detach().argmax(dim=-1)[..., None, None].expand(*squares.shape[:-1], 1, 4)
    row = rows.gather(-2, pivot)[..., 0, :]
    quaternion = row / row.norm(dim=-1, keepdim=True)
    return torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)
