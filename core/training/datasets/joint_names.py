"""Names and orders of the joints in each data set, and moving values from one order to another. Plain tables.

A name stands for one place on the body. OpenPose's detections (`op_…`) and the annotated joints of LSP and MPII
(`right_hip`, `neck`, …) are different places of the same name in other publications, so they are told apart here.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...skeleton import JOINT_NAMES

FloatArray = NDArray[np.floating[Any]]

_LIMBS_LSP: Final = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle",
    "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip

LSP_14: Final = (*_LIMBS_LSP, "neck", "head_top")
"""The evaluation's 14 joints."""

OPENPOSE_25: Final = (
    "op_nose", "op_neck", "op_right_shoulder", "op_right_elbow", "op_right_wrist",
    "op_left_shoulder", "op_left_elbow", "op_left_wrist", "op_mid_hip",
    "op_right_hip", "op_right_knee", "op_right_ankle", "op_left_hip", "op_left_knee", "op_left_ankle",
    "op_right_eye", "op_left_eye", "op_right_ear", "op_left_ear",
    "op_left_big_toe", "op_left_small_toe", "op_left_heel", "op_right_big_toe", "op_right_small_toe", "op_right_heel",
)  # fmt: skip

SPIN_49: Final = (
    *OPENPOSE_25, *LSP_14, "pelvis", "thorax", "spine", "jaw", "head", "nose", "left_eye", "right_eye",
    "left_ear", "right_ear",
)  # fmt: skip
"""The 49 joints that the losses of SPIN, VIBE and PARE know."""

COCO_18: Final = (
    "op_nose", "op_neck", "op_right_shoulder", "op_right_elbow", "op_right_wrist",
    "op_left_shoulder", "op_left_elbow", "op_left_wrist", "op_right_hip", "op_right_knee", "op_right_ankle",
    "op_left_hip", "op_left_knee", "op_left_ankle", "op_right_eye", "op_left_eye", "op_right_ear", "op_left_ear",
)  # fmt: skip
"""3DPW's `poses2d`."""

MPI_28: Final = (
    "spine3", "spine4", "spine2", "spine", "pelvis", "neck", "head", "head_top",
    "left_clavicle", "left_shoulder", "left_elbow", "left_wrist", "left_hand",
    "right_clavicle", "right_shoulder", "right_elbow", "right_wrist", "right_hand",
    "left_hip", "left_knee", "left_ankle", "left_foot", "left_toe",
    "right_hip", "right_knee", "right_ankle", "right_foot", "right_toe",
)  # fmt: skip
"""MPI-INF-3DHP's training annotation."""

MPI_17: Final = (
    "head_top", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "pelvis", "spine", "head",
)  # fmt: skip
"""MPI-INF-3DHP's test annotation."""

INSTA_25: Final = (
    "op_right_heel", "op_right_knee", "op_right_hip", "op_left_hip", "op_left_knee", "op_left_heel",
    "op_right_wrist", "op_right_elbow", "op_right_shoulder", "op_left_shoulder", "op_left_elbow", "op_left_wrist",
    "op_neck", "head_top", "op_nose", "op_left_eye", "op_right_eye", "op_left_ear", "op_right_ear",
    "op_left_big_toe", "op_right_big_toe", "op_left_small_toe", "op_right_small_toe", "op_left_ankle", "op_right_ankle",
)  # fmt: skip
"""InstaVariety: 14 body points, 5 of the face, 6 of the feet."""

SMPL_24: Final = tuple(f"smpl_{name}" for name in JOINT_NAMES)
"""The body model's own joints: near, but not at, the annotated ones of the same name."""


def arrange_joints(values: FloatArray, names: tuple[str, ...], wanted: tuple[str, ...]) -> FloatArray:
    """Return values (..., len(wanted), C) in another order, zero where a joint is missing.

    Args:
        values: (..., len(names), C).
        names: order of `values`.
        wanted: order of the result.
    Note: give a confidence as the last channel, and missing joints get confidence zero.
    """
    result = np.zeros((*values.shape[:-2], len(wanted), values.shape[-1]), values.dtype)
    pairs = [(wanted.index(name), index) for index, name in enumerate(names) if name in wanted]
    if pairs:
        targets, sources = (list(column) for column in zip(*pairs, strict=True))
        result[..., targets, :] = values[..., sources, :]
    return result
