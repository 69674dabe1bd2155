"""The posed SMPL surface in torch, frame by frame with a shape each: for PVE, and the slow twin of `smpl_joints`."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...body_file import BodyFile
from ..torch_body import TorchBody


class SmplSurface:
    """Skins all vertices.

    Args:
        body: the user's SMPL file.
        pose_corrections: (V, 3, 207) `posedirs` of the SMPL file; None leaves them out.
        device: of all tensors.
    """

    def __init__(
        self, body: BodyFile, pose_corrections: NDArray[np.float32] | None = None, device: str = "cpu"
    ) -> None:
        self._body = TorchBody(body, device)
        self._template, self._shapedirs, self._weights = (
            torch.as_tensor(values, dtype=torch.float32, device=device)
            for values in (body.v_template, body.shapedirs, body.lbs_weights)
        )
        self._posedirs = (
            None if pose_corrections is None else torch.as_tensor(pose_corrections, dtype=torch.float32, device=device)
        )

    @torch.no_grad()
    def pose(self, rotmat: Tensor, betas: Tensor) -> Tensor:
        """Return vertices (N, V, 3), metres, of rotations (N, 24, 3, 3) and shapes (N, 10); no translation.

        Note: needs 2 MB a frame.
        """
        rest = self._body.rest_joints(betas)
        joints, global_rotmat = self._body.kinematics(rotmat, rest)
        vertices = self._template + torch.einsum("vcb,nb->nvc", self._shapedirs, betas)
        if self._posedirs is not None:
            bends = (rotmat[:, 1:] - torch.eye(3, device=rotmat.device)).flatten(1)
            vertices = vertices + torch.einsum("vcp,np->nvc", self._posedirs, bends)
        shifts = joints + rest[:, :1] - (global_rotmat @ rest[..., None])[..., 0]
        blended = torch.einsum("vj,njab->nvab", self._weights, global_rotmat)
        return (blended @ vertices[..., None])[..., 0] + torch.einsum("vj,nja->nva", self._weights, shifts)
