"""Skin weights of the 24 joints on the base mesh, from MPFB2's game rig.

The rig's limb bones map one to one. Its pelvis and spine bones are pooled and split anew by smooth ramps at the heights
of our spine joints. The result is symmetrised and smoothed along the mesh, more so around shoulders and hips, which is
what keeps them round when the arms hang down.
"""

from typing import Final

import numpy as np
from scipy import sparse

from ...skeleton import JOINT_COUNT, JOINT_NAMES, MIRROR_JOINTS
from .makehuman_data import BaseMesh, FloatArray, IntArray

LIMB_BONES: Final = {
    "thigh": "hip", "calf": "knee", "foot": "ankle", "ball": "foot",
    "clavicle": "collar", "upperarm": "shoulder", "lowerarm": "elbow", "hand": "wrist", "thumb_01": "wrist",
}  # fmt: skip
MIDDLE_BONES: Final = {"head": "head", "neck_01": "neck"}
TORSO_BONES: Final = ("Root", "pelvis", "spine_01", "spine_02", "spine_03")

RAMP_HALF_WIDTH_M: Final = {"spine1": 0.07, "spine2": 0.06, "spine3": 0.05}
RAMP_TILT: Final = 0.25
"""The bending planes of the spine lie lower at the belly than at the back."""

SMOOTHING_STEPS: Final = 6
SMOOTHING_STEPS_AT_SHOULDERS: Final = 14
WEIGHTS_PER_VERTEX: Final = 4
SMALLEST_WEIGHT: Final = 0.004


def base_weights(
    mesh: BaseMesh, vertices: FloatArray, joints: FloatArray, rig: dict[str, list[tuple[int, float]]]
) -> FloatArray:
    """Return smooth symmetric weights (B, 24), rows summing to 1 for every visible vertex.

    Args:
        vertices, joints: (B, 3), (24, 3), the average body in its A-pose, metres.
        rig: `read_rig_weights`.
    """
    weights = np.zeros((len(vertices), JOINT_COUNT))
    torso = np.zeros(len(vertices))
    for bone, pairs in rig.items():
        joint = _joint_of_bone(bone)
        for index, weight in pairs:
            if joint is None:
                torso[index] += weight
            else:
                weights[index, JOINT_NAMES.index(joint)] += weight
    weights += torso[:, None] * _spine_split(vertices, joints)
    # Vertices outside the body group carry no weights in the rig: the eyeballs go with the head.
    weights[weights.sum(axis=1) < 1e-3, JOINT_NAMES.index("head")] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    weights = 0.5 * (weights + weights[mesh.mirror][:, MIRROR_JOINTS])
    return _smooth(weights, mesh.faces)


def strongest_weights(weights: FloatArray) -> FloatArray:
    """Return the weights (V, 24) with at most the four strongest per vertex, summing to 1.

    Note: of weights that tie at the fourth place none is kept, so that left and right are treated alike.
    """
    ordered = np.sort(weights, axis=1)
    fifth = ordered[:, -WEIGHTS_PER_VERTEX - 1, None]
    kept = np.where(weights > np.maximum(fifth * (1 + 1e-9), SMALLEST_WEIGHT), weights, 0.0)
    result: FloatArray = kept / kept.sum(axis=1, keepdims=True)
    return result


def _joint_of_bone(bone: str) -> str | None:
    """Return the joint that a rig bone moves; None for the torso. Fingers go with the hand."""
    if bone in TORSO_BONES:
        return None
    if bone in MIDDLE_BONES:
        return MIDDLE_BONES[bone]
    side = {"_l": "left_", "_r": "right_"}[bone[-2:]]
    return side + LIMB_BONES.get(bone[:-2], "hand")


def _spine_split(vertices: FloatArray, joints: FloatArray) -> FloatArray:
    """Return the shares (B, 24) of pelvis, spine1, spine2 and spine3 in the torso, by height."""

    def above(name: str) -> FloatArray:
        height = vertices[:, 1] - RAMP_TILT * vertices[:, 2]
        joint = joints[JOINT_NAMES.index(name)]
        half_width = RAMP_HALF_WIDTH_M[name]
        ramp = np.clip((height - joint[1] + RAMP_TILT * joint[2] + half_width) / (2 * half_width), 0, 1)
        result: FloatArray = ramp * ramp * (3 - 2 * ramp)
        return result

    spine1, spine2, spine3 = above("spine1"), above("spine2"), above("spine3")
    shares = np.zeros((len(vertices), JOINT_COUNT))
    for name, share in (
        ("pelvis", 1 - spine1),
        ("spine1", spine1 * (1 - spine2)),
        ("spine2", spine1 * spine2 * (1 - spine3)),
        ("spine3", spine1 * spine2 * spine3),
    ):
        shares[:, JOINT_NAMES.index(name)] = share
    return shares


def _smooth(weights: FloatArray, faces: IntArray) -> FloatArray:
    """Return the weights averaged with their mesh neighbours, several times over."""
    average = _neighbour_average(faces, len(weights))
    used = np.unique(faces)
    limbs = [JOINT_NAMES.index(side + name) for side in ("left_", "right_") for name in ("collar", "shoulder", "hip")]
    result = weights
    for step in range(SMOOTHING_STEPS_AT_SHOULDERS):
        smoothed = 0.5 * result + 0.5 * (average @ result)
        strength = np.ones(len(weights))
        if step >= SMOOTHING_STEPS:
            share = weights[:, limbs].sum(axis=1)
            strength = np.clip(4 * share * (1 - 0.5 * share), 0, 1)
        new = result.copy()
        new[used] += strength[used, None] * (smoothed - result)[used]
        result = new / new.sum(axis=1, keepdims=True)
    return result


def _neighbour_average(faces: IntArray, vertex_count: int) -> sparse.csr_matrix:
    """Return the matrix (B, B) that replaces each value by the mean over the vertex' edges."""
    ends = np.concatenate([np.stack([faces[:, k], faces[:, (k + 1) % 4]], axis=1) for k in range(4)])
    rows, columns = np.concatenate([ends, ends[:, ::-1]]).T
    links = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(vertex_count, vertex_count)).tocsr()
    links.data[:] = 1.0
    counts = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)
    return sparse.diags(1.0 / counts) @ links
