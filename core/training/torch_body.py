"""The body in torch: posed joints and landmarks with gradients. Twin of core/body_model.py for training."""

import torch
from torch import Tensor

from ..body_file import BodyFile
from ..skeleton import JOINT_COUNT, PARENTS


def _joint_levels() -> list[list[int]]:
    """Joints in groups of equal depth, so that forward kinematics takes one batched step for each depth."""
    depth = [0] * JOINT_COUNT
    for joint in range(1, JOINT_COUNT):
        depth[joint] = depth[PARENTS[joint]] + 1
    return [[j for j in range(JOINT_COUNT) if depth[j] == level] for level in range(1, max(depth) + 1)]


class TorchBody:
    """Forward kinematics and landmarks of a body file; the pelvis of the result is at the origin."""

    def __init__(self, body: BodyFile, device: str = "cpu") -> None:
        def tensor(values: object) -> Tensor:
            return torch.as_tensor(values, dtype=torch.float32, device=device)

        regressor, template, shapedirs = tensor(body.joint_regressor), tensor(body.v_template), tensor(body.shapedirs)
        ids = torch.as_tensor(body.landmark_vertex_ids.astype("int64"), device=device)
        self._joints, self._joint_dirs = regressor @ template, torch.einsum("jv,vkb->jkb", regressor, shapedirs)
        self._vertices, self._vertex_dirs = template[ids], shapedirs[ids]
        self._vertex_weights = tensor(body.lbs_weights)[ids]
        self._landmark_weights = torch.cat(
            [tensor(body.landmark_joint_weights), tensor(body.landmark_vertex_weights)], dim=1
        )
        self._levels = _joint_levels()
        self._order = [0, *(joint for level in self._levels for joint in level)]

    def rest_joints(self, betas: Tensor) -> Tensor:
        """Return (N, 24, 3) metres of betas (N, 10)."""
        return self._joints + torch.einsum("jkb,nb->njk", self._joint_dirs, betas)

    def pose_landmarks(self, rotmat: Tensor, betas: Tensor, bone_scale: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return landmarks (N, 33, 3) and joints (N, 24, 3), metres, pelvis at the origin, axes of the root rotation.

        Args:
            rotmat: (N, 24, 3, 3) parent-relative rotations.
            betas: (N, 10).
            bone_scale: (N, 24) factor on the bone from the parent to each joint, None for 1.
        """
        rest = self.rest_joints(betas)
        positions, rotations = self.kinematics(rotmat, rest, bone_scale)
        vertices = self._vertices + torch.einsum("vkb,nb->nvk", self._vertex_dirs, betas)
        # Linear blend skinning of the few landmark vertices: sum_j w_j (R_j (v - rest_j) + position_j).
        offsets = positions - (rotations @ rest[..., None])[..., 0]
        blended = torch.einsum("vj,njab->nvab", self._vertex_weights, rotations)
        skinned = (blended @ vertices[..., None])[..., 0] + torch.einsum("vj,nja->nva", self._vertex_weights, offsets)
        landmarks = torch.einsum("lk,nka->nla", self._landmark_weights, torch.cat([positions, skinned], dim=1))
        return landmarks, positions

    def kinematics(self, rotmat: Tensor, rest: Tensor, bone_scale: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return joint positions (N, 24, 3), pelvis at the origin, and global rotations (N, 24, 3, 3) of posed joints.

        Args:
            rotmat: (N, 24, 3, 3) parent-relative rotations.
            rest: (N, 24, 3) rest joints.
            bone_scale: as in `pose_landmarks`.
        """
        rotations, positions = rotmat[:, :1], torch.zeros_like(rest[:, :1])
        place = {0: 0}
        for level in self._levels:
            parents = [place[PARENTS[joint]] for joint in level]
            bones = rest[:, level] - rest[:, [PARENTS[joint] for joint in level]]
            if bone_scale is not None:
                bones = bones * bone_scale[:, level, None]
            parent_rotations = rotations[:, parents]
            placed = positions[:, parents] + (parent_rotations @ bones[..., None])[..., 0]
            for offset, joint in enumerate(level):
                place[joint] = rotations.shape[1] + offset
            rotations = torch.cat([rotations, parent_rotations @ rotmat[:, level]], dim=1)
            positions = torch.cat([positions, placed], dim=1)
        if self._order == list(range(JOINT_COUNT)):
            return positions, rotations
        file_order = [place[joint] for joint in range(JOINT_COUNT)]
        return positions[:, file_order], rotations[:, file_order]
