"""Joints of the posed SMPL surface in torch, with gradients, and without computing the surface.

A regressed joint is a weighted sum of skinned vertices, and skinning is a weighted sum of joint transforms. So the
sum over the vertices is taken once for each (regressed joint, SMPL joint), and a pose costs 44 x 24 small products
instead of 6890 skinned vertices. Exact, and the regressors are the user's files.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...body_file import BodyFile
from ...errors import BodyFileError
from ...skeleton import JOINT_COUNT
from ..evaluation.protocols import FACE_AND_FEET_VERTICES, FINGER_VERTICES, H36M_TO_LSP_14, SPIN_49_OF_54
from ..torch_body import TorchBody

SMPL_VERTEX_COUNT: Final = 6890
POSE_CORRECTIONS: Final = 9 * (JOINT_COUNT - 1)


class SmplJoints(NamedTuple):
    """Joints of N bodies, metres, axes of the root rotation; the rest pelvis of the shape is where it is."""

    spin49: Tensor
    """(N, 49, 3) in the order SPIN_49."""
    lsp14: Tensor
    """(N, 14, 3) of H36M's regressor in the order LSP_14."""


class SmplJointModel:
    """Poses SMPL and gives the joints that losses and evaluation compare.

    Args:
        body: the user's SMPL file.
        extra_regressor: (9, 6890) of J_regressor_extra.npy.
        h36m_regressor: (17, 6890) of J_regressor_h36m.npy.
        pose_corrections: (6890, 3, 207) `posedirs` of the SMPL file; None leaves them out.
        device: of all tensors.
    Raises:
        BodyFileError: the body has not SMPL's number of vertices.
    """

    def __init__(
        self,
        body: BodyFile,
        extra_regressor: NDArray[np.float32],
        h36m_regressor: NDArray[np.float32],
        pose_corrections: NDArray[np.float32] | None = None,
        device: str = "cpu",
    ) -> None:
        if len(body.v_template) != SMPL_VERTEX_COUNT:
            count = len(body.v_template)
            raise BodyFileError(f"The body has {count} vertices; the joint regressors are for {SMPL_VERTEX_COUNT}.")
        self.gender = body.gender
        self._body = TorchBody(body, device)
        picked = np.eye(SMPL_VERTEX_COUNT, dtype=np.float32)[[*FACE_AND_FEET_VERTICES, *FINGER_VERTICES]]
        regressor = np.concatenate([picked, extra_regressor, h36m_regressor[list(H36M_TO_LSP_14)]])
        self._spin_count = len(picked) + len(extra_regressor)
        sums = _vertex_sums(body, regressor, pose_corrections)
        self._weights, self._template, self._shapedirs, self._posedirs = (
            torch.as_tensor(values, dtype=torch.float32, device=device) for values in sums
        )

    def pose(self, rotmat: Tensor, betas: Tensor) -> SmplJoints:
        """Return the joints of local rotations (N, 24, 3, 3) and shapes (N, 10)."""
        rest = self._body.rest_joints(betas)
        joints, global_rotmat = self._body.kinematics(rotmat, rest)
        joints = joints + rest[:, :1]
        points = self._template + torch.einsum("kjcb,nb->nkjc", self._shapedirs, betas)
        if self._posedirs.numel():
            identity = torch.eye(3, dtype=rotmat.dtype, device=rotmat.device)
            bends = (rotmat[:, 1:] - identity).flatten(1)
            points = points + torch.einsum("kjcp,np->nkjc", self._posedirs, bends)
        shifts = joints - (global_rotmat @ rest[..., None])[..., 0]
        turned = torch.einsum("njab,nkjb->nka", global_rotmat, points)
        regressed = turned + torch.einsum("kj,nja->nka", self._weights, shifts)
        all_54 = torch.cat([joints, regressed[:, : self._spin_count]], dim=1)
        return SmplJoints(all_54[:, list(SPIN_49_OF_54)], regressed[:, self._spin_count :])


def _vertex_sums(
    body: BodyFile, regressor: NDArray[np.float32], pose_corrections: NDArray[np.float32] | None
) -> tuple[NDArray[np.float64], ...]:
    """Return for each regressed joint k and SMPL joint j the sums over vertices v of r_kv w_vj times:

    1: (K, 24); the template: (K, 24, 3); the shape directions: (K, 24, 3, 10); the pose corrections: (K, 24, 3, 207),
    or an empty array where there are none.
    """
    parts: list[list[NDArray[np.float64]]] = [[], [], [], []]
    for row in regressor:
        used = np.flatnonzero(row)
        weight = (row[used, None] * body.lbs_weights[used]).T.astype(np.float64)
        parts[0].append(weight.sum(axis=1))
        parts[1].append(weight @ body.v_template[used])
        parts[2].append(np.tensordot(weight, body.shapedirs[used], axes=1))
        if pose_corrections is not None:
            parts[3].append(np.tensordot(weight, pose_corrections[used], axes=1))
    return tuple(np.stack(part) if part else np.zeros(0) for part in parts)
