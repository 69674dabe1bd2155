"""Poses a body: forward kinematics, landmarks and linear blend skinning, in numpy over all frames at once.

Used wherever a pose becomes joints, landmarks or a surface. Knows nothing of cameras: whatever frame the root rotation
and `transl` are in, the results are in. Our own kinematics, so nothing here needs the `smplx` package.
"""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .body_file import BodyFile, load_body_file, open_body_path
from .skeleton import PARENTS

FloatArray = NDArray[np.floating[Any]]

FRAMES_PER_CHUNK: Final = 64
"""Full surfaces are skinned in blocks of this many frames, to keep the blended matrices small."""


def _tree_levels(parents: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    """Return the joints below the root grouped by their depth in the tree."""
    depth = [0] * len(parents)
    for joint, parent in enumerate(parents):
        depth[joint] = 0 if parent < 0 else depth[parent] + 1
    return tuple(np.flatnonzero(np.array(depth) == level) for level in range(1, max(depth) + 1))


TREE_LEVELS: Final = _tree_levels(PARENTS)
PARENT_INDEX: Final = np.array(PARENTS)


class BodyModel:
    """A body file ready to be posed. Results have the dtype of the rotations given (float32 or float64)."""

    def __init__(self, body_file: BodyFile) -> None:
        self.body_file = body_file
        regressor = body_file.joint_regressor.astype(np.float64)
        self._joint_template = regressor @ body_file.v_template.astype(np.float64)
        self._joint_shapedirs = np.tensordot(regressor, body_file.shapedirs.astype(np.float64), axes=1)

    def rest_joints(self, betas: FloatArray) -> FloatArray:
        """Return the rest joints (24, 3), metres, of the shape `betas` (10,)."""
        joints = self._joint_template + self._joint_shapedirs @ np.asarray(betas, np.float64)
        return joints.astype(np.asarray(betas).dtype if np.asarray(betas).dtype.kind == "f" else np.float64)

    def rest_vertices(self, betas: FloatArray) -> FloatArray:
        """Return the rest surface (V, 3), metres, of the shape `betas` (10,)."""
        betas = np.asarray(betas)
        return self.body_file.v_template + self.body_file.shapedirs @ betas.astype(self.body_file.shapedirs.dtype)

    def pose_joints(self, rotmat: FloatArray, betas: FloatArray, transl: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the posed joints and the joints' global rotations.

        Args:
            rotmat: (T, 24, 3, 3) parent-relative rotations, the root's in the target frame.
            betas: (10,). transl: (T, 3) metres; the pelvis comes to lie at rest_joints(betas)[0] + transl.
        Returns:
            joints (T, 24, 3), metres, and global rotations (T, 24, 3, 3). T may be 0.
        """
        rest = self.rest_joints(betas).astype(rotmat.dtype)
        joints = np.empty((*rotmat.shape[:2], 3), rotmat.dtype)
        global_rotmat = np.empty_like(rotmat)
        joints[:, 0] = rest[0] + transl
        global_rotmat[:, 0] = rotmat[:, 0]
        for level in TREE_LEVELS:
            parents = PARENT_INDEX[level]
            offsets = rest[level] - rest[parents]
            parent_rotmat = global_rotmat[:, parents]
            joints[:, level] = joints[:, parents] + (parent_rotmat @ offsets[..., None])[..., 0]
            global_rotmat[:, level] = parent_rotmat @ rotmat[:, level]
        return joints, global_rotmat

    def pose_landmarks(self, rotmat: FloatArray, betas: FloatArray, transl: FloatArray) -> FloatArray:
        """Return the 33 landmarks (T, 33, 3), metres; arguments as in `pose_joints`.

        Note: skins only the few vertices that the landmarks use.
        """
        body = self.body_file
        joints, global_rotmat = self.pose_joints(rotmat, betas, transl)
        ids = body.landmark_vertex_ids
        rest = body.v_template[ids] + body.shapedirs[ids] @ np.asarray(betas, body.shapedirs.dtype)
        vertices = self._skin(rest, body.lbs_weights[ids], joints, global_rotmat, betas)
        return body.landmark_joint_weights.astype(rotmat.dtype) @ joints + (
            body.landmark_vertex_weights.astype(rotmat.dtype) @ vertices
        )

    def pose_vertices(self, rotmat: FloatArray, betas: FloatArray, transl: FloatArray) -> FloatArray:
        """Return the posed surface (T, V, 3), metres, by linear blend skinning; arguments as in `pose_joints`.

        Source: linear blend skinning without pose-dependent corrections.
        """
        joints, global_rotmat = self.pose_joints(rotmat, betas, transl)
        rest = self.rest_vertices(betas)
        result = np.empty((len(rotmat), len(rest), 3), rotmat.dtype)
        for start in range(0, len(rotmat), FRAMES_PER_CHUNK):
            part = slice(start, start + FRAMES_PER_CHUNK)
            result[part] = self._skin(rest, self.body_file.lbs_weights, joints[part], global_rotmat[part], betas)
        return result

    def _skin(
        self, rest: FloatArray, weights: FloatArray, joints: FloatArray, global_rotmat: FloatArray, betas: FloatArray
    ) -> FloatArray:
        """Return rest points (N, 3) with weights (N, 24) moved by the posed joints: (T, N, 3)."""
        dtype = global_rotmat.dtype
        rest_joints = self.rest_joints(betas).astype(dtype)
        shifts = joints - (global_rotmat @ rest_joints[..., None])[..., 0]
        transforms = np.concatenate([global_rotmat, shifts[..., None]], axis=-1)
        frame_count = len(transforms)
        blended = weights.astype(dtype) @ transforms.reshape(frame_count, len(PARENTS), 12)
        blended = blended.reshape(frame_count, len(rest), 3, 4)
        skinned: FloatArray = (blended[..., :3] @ rest.astype(dtype)[..., None])[..., 0] + blended[..., 3]
        return skinned


@lru_cache(maxsize=1)
def load_open_body() -> BodyModel:
    """Return the bundled open body, read once."""
    return BodyModel(load_body_file(open_body_path()))
