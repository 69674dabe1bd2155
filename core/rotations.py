"""Conversions between rotation matrices, axis-angle, 6-D and quaternions, in numpy.

Used by the kinematics, the estimator and the motion file. All functions take any leading axes `...`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]


def rotvec_to_rotmat(rotvec: FloatArray) -> FloatArray:
    """Return the rotation matrices of axis-angle vectors.

    Args:
        rotvec: (..., 3) radians.
    Returns:
        (..., 3, 3), same dtype.
    Note: exact at zero and stable for tiny angles (goes through unit quaternions).
    """
    return quat_wxyz_to_rotmat(rotvec_to_quat_wxyz(rotvec))


def rotvec_to_quat_wxyz(rotvec: FloatArray) -> FloatArray:
    """Return unit quaternions (..., 4), (w, x, y, z), of axis-angle vectors (..., 3) in radians."""
    half_angle = np.linalg.norm(rotvec, axis=-1, keepdims=True) / 2
    # np.sinc(x / pi) = sin(x) / x, smooth through zero.
    vector = rotvec * (np.sinc(half_angle / np.pi) / 2)
    return np.concatenate([np.cos(half_angle), vector], axis=-1)


def quat_wxyz_to_rotmat(quat_wxyz: FloatArray) -> FloatArray:
    """Return the rotation matrices (..., 3, 3) of quaternions (..., 4), which need not have unit length."""
    w, x, y, z = np.moveaxis(quat_wxyz / np.linalg.norm(quat_wxyz, axis=-1, keepdims=True), -1, 0)
    entries = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(entries, axis=-1).reshape(*quat_wxyz.shape[:-1], 3, 3)


def rotmat_to_quat_wxyz(rotmat: FloatArray) -> FloatArray:
    """Return unit quaternions (..., 4), (w, x, y, z) with w >= 0, of rotation matrices (..., 3, 3).

    Note: takes the largest of the four squared components as the pivot, so it is stable at every angle.
    """
    m = rotmat
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    squares = np.stack([trace, m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]], axis=-1)
    squares[..., 1:] = 2 * squares[..., 1:] - trace[..., None]
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    diagonal = 1 + squares
    rows = np.stack(
        [
            np.stack([diagonal[..., 0], a, b, c], axis=-1),
            np.stack([a, diagonal[..., 1], d, e], axis=-1),
            np.stack([b, d, diagonal[..., 2], f], axis=-1),
            np.stack([c, e, f, diagonal[..., 3]], axis=-1),
        ],
        axis=-2,
    )
    pivot = np.argmax(diagonal, axis=-1)
    quat = np.take_along_axis(rows, pivot[..., None, None], axis=-2)[..., 0, :]
    quat = quat / np.linalg.norm(quat, axis=-1, keepdims=True)
    positive: FloatArray = np.where(quat[..., :1] < 0, -quat, quat)
    return positive


def rotmat_to_rotvec(rotmat: FloatArray) -> FloatArray:
    """Return axis-angle vectors (..., 3), radians, angle in [0, pi], of rotation matrices (..., 3, 3)."""
    quat = rotmat_to_quat_wxyz(rotmat)
    sine = np.linalg.norm(quat[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quat[..., :1])
    # angle / sin(angle / 2) tends to 2 at zero.
    scale = np.where(sine > 1e-8, angle / np.maximum(sine, 1e-8), 2.0)
    return (quat[..., 1:] * scale).astype(rotmat.dtype)


def rot6d_to_rotmat(rot6d: FloatArray) -> FloatArray:
    """Return the rotation matrices of 6-D representations by Gram-Schmidt.

    Args:
        rot6d: (..., 6), the first two columns of the matrix interleaved: r00 r01 r10 r11 r20 r21 (PARE's layout).
    Returns:
        (..., 3, 3).
    Note: two parallel or zero columns have no rotation; the result is then not finite.
    Source: paper, equation 3; Zhou et al., "On the Continuity of Rotation Representations in Neural Networks".
    """
    columns = rot6d.reshape(*rot6d.shape[:-1], 3, 2)
    first = columns[..., 0] / np.linalg.norm(columns[..., 0], axis=-1, keepdims=True)
    second = columns[..., 1] - (first * columns[..., 1]).sum(axis=-1, keepdims=True) * first
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def rotmat_to_rot6d(rotmat: FloatArray) -> FloatArray:
    """Return the 6-D representation (..., 6), interleaved columns, of rotation matrices (..., 3, 3)."""
    return rotmat[..., :2].reshape(*rotmat.shape[:-2], 6)


def continuous_quat_wxyz(quat_wxyz: FloatArray) -> FloatArray:
    """Return the same rotations (T, ..., 4) with signs chosen so that neighbours in time are on one hemisphere."""
    dots = (quat_wxyz[1:] * quat_wxyz[:-1]).sum(axis=-1, keepdims=True)
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    result = quat_wxyz.copy()
    result[1:] *= signs
    return result
