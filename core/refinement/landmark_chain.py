"""Landmarks as points that hang on the kinematic chain, with their derivatives by the joints' rotations.

A landmark is a mix of joints and of a few skinned vertices, and a skinned vertex is a mix of points that are fixed to
bones. So each landmark is a sum of weighted points, one fixed to each bone, and turning a joint turns the points of all
bones below it about that joint.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..body_model import BodyModel
from ..skeleton import JOINT_COUNT, PARENTS

FloatArray = NDArray[np.floating[Any]]


def _is_below() -> NDArray[np.float64]:
    """Return (24, 24): 1 where the column's joint is the row's joint or hangs on it."""
    below = np.eye(JOINT_COUNT)
    for joint in reversed(range(1, JOINT_COUNT)):
        below[PARENTS[joint]] += below[joint]
    return below


IS_BELOW: Final = _is_below()


@dataclass(frozen=True)
class PosedChain:
    """Landmarks of T frames and the chain that they hang on; the pelvis at the origin.

    Attributes:
        points: (T, L, 3) metres, axes of the root rotation.
        joints: (T, 24, 3) metres.
        global_rotmat: (T, 24, 3, 3)
    """

    points: FloatArray
    joints: FloatArray
    global_rotmat: FloatArray


class LandmarkChain:
    """Some landmarks of a body of one shape, ready to be posed and differentiated.

    Args:
        betas: (10,)
        landmarks: which ones, by index in the order of `LANDMARK_NAMES`.
        active_joints: by whose rotations to differentiate.
    """

    def __init__(
        self, body: BodyModel, betas: FloatArray, landmarks: tuple[int, ...], active_joints: tuple[int, ...]
    ) -> None:
        file, rows = body.body_file, list(landmarks)
        ids = file.landmark_vertex_ids
        betas = np.asarray(betas, np.float64)
        rest_vertices = file.v_template[ids].astype(np.float64) + file.shapedirs[ids].astype(np.float64) @ betas
        self._body, self._betas = body, betas
        self._rest = body.rest_joints(betas)
        self._active = list(active_joints)
        vertex_weights = file.landmark_vertex_weights[rows].astype(np.float64)
        blend = vertex_weights[:, :, None] * file.lbs_weights[ids].astype(np.float64)
        self._weights = file.landmark_joint_weights[rows].astype(np.float64) + blend.sum(axis=1)
        self._arms = np.einsum("lkj,kja->lja", blend, rest_vertices[:, None] - self._rest)
        # Joints that share nothing with any landmark are left out of all sums.
        self._used = np.flatnonzero(np.abs(self._weights).sum(axis=0) + np.abs(self._arms).sum(axis=(0, 2)) > 0)
        self._weights, self._arms = self._weights[:, self._used], self._arms[:, self._used]
        self._below = IS_BELOW[self._active][:, self._used]
        self._weight_below = self._weights @ self._below.T

    def pose(self, rotmat: FloatArray) -> PosedChain:
        """Return the landmarks of local rotations (T, 24, 3, 3)."""
        to_origin = np.broadcast_to(-self._rest[0], (len(rotmat), 3))
        joints, global_rotmat = self._body.pose_joints(rotmat, self._betas, to_origin)
        points = np.matmul(self._weights, joints[:, self._used])
        points += np.einsum("tjab,ljb->tla", global_rotmat[:, self._used], self._arms, optimize=True)
        return PosedChain(points, joints, global_rotmat)

    def jacobian(self, posed: PosedChain, turn: FloatArray) -> FloatArray:
        """Return the derivatives (T, L, 3, A, 3) of the points by a vector for each active joint.

        Args:
            turn: (T, A, 3, 3), which rotation vector, in global axes, the active joint makes for each unit of its
                vector; the joint's global rotation for a rotation vector in the joint's own axes.
        Note: d point = (turn d vector) x (sum of the weighted points below the joint, seen from the joint).
        """
        attached = self._weights[..., None] * posed.joints[:, None, self._used]
        attached += np.einsum("tjab,ljb->tlja", posed.global_rotmat[:, self._used], self._arms, optimize=True)
        arm = np.matmul(self._below, attached)
        arm -= self._weight_below[..., None] * posed.joints[:, None, self._active]
        x, y, z = (arm[..., axis, None] for axis in range(3))
        tx, ty, tz = (turn[:, None, :, axis] for axis in range(3))
        return np.stack([ty * z - tz * y, tz * x - tx * z, tx * y - ty * x], axis=2)
