"""Which joints an evaluation compares, and from where they are taken: VIBE's 14, MPI-INF-3DHP's 17, our 12 landmarks.

The SMPL protocols take vertices and the regressors that come with PARE's or VIBE's data; neither ships with us.
Source: VIBE's evaluation as published (regressor, joint order, root); Mehta et al., "Monocular 3D Human Pose Estimation
In The Wild Using Improved CNN Supervision" (17 joints, PCK at 150 mm, AUC).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import BodyFileError
from ...skeleton import BODY_LANDMARKS, JOINT_COUNT, LANDMARK_NAMES
from ..datasets.joint_names import LSP_14, MPI_17, SPIN_49, arrange_joints
from ..metrics import MM_PER_M
from .metrics import rooted

FloatArray = NDArray[np.floating[Any]]

SMPL_VERTEX_COUNT: Final = 6890


@dataclass(frozen=True)
class Protocol:
    """One way to compare joints.

    Attributes:
        name: for tables.
        joint_names: the joints, in order.
        root_joints: their mean is moved to the origin before MPJPE and ACC.
    """

    name: str
    joint_names: tuple[str, ...]
    root_joints: tuple[int, ...]


VIBE_14: Final = Protocol("VIBE, 14 joints", LSP_14, (2, 3))
"""3DPW (Table 1): H36M's regressor on the vertices of both bodies, 14 LSP joints, rooted between the hips."""

MPI_INF_3DHP_17: Final = Protocol("MPI-INF-3DHP test set, 17 joints", MPI_17, (MPI_17.index("pelvis"),))
"""MPI-INF-3DHP (Table 2): its 17 test joints, rooted at its pelvis."""

OPEN_12: Final = Protocol("open, 12 landmarks", tuple(LANDMARK_NAMES[index] for index in BODY_LANDMARKS), (6, 7))
"""Our benchmark: shoulders, elbows, wrists, hips, knees, ankles as BlazePose defines them, on the posed open body."""

H36M_TO_LSP_14: Final = (6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10)
"""Rows of H36M's regressor that are the 14 LSP joints."""

FACE_AND_FEET_VERTICES: Final = (332, 6260, 2800, 4071, 583, 3216, 3226, 3387, 6617, 6624, 6787)
FINGER_VERTICES: Final = (2746, 2319, 2445, 2556, 2673, 6191, 5782, 5905, 6016, 6133)

SPIN_49_OF_54: Final = (
    24, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
    8, 5, 45, 46, 4, 7, 21, 19, 17, 16, 18, 20, 47, 48, 49, 50, 51, 52, 53, 24, 26, 25, 28, 27,
)  # fmt: skip
"""The 49 joints of SPIN, VIBE and PARE among 24 regressed joints, 21 vertices and 9 extra regressed ones."""

PCK_THRESHOLD_MM: Final = 150.0
_AUC_THRESHOLDS_MM: Final = np.linspace(0, PCK_THRESHOLD_MM, 31)


def load_joint_regressor(path: Path, joint_count: int) -> NDArray[np.float32]:
    """Return a joint regressor (joints, 6890): J_regressor_h36m.npy has 17 joints, J_regressor_extra.npy 9.

    Raises:
        BodyFileError: missing, not a plain .npy file, or of another shape; never unpickles.
    """
    try:
        regressor = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        hint = "It comes with the data of PARE and VIBE (pare-github-data.zip)."
        raise BodyFileError(f"The joint regressor {path} does not exist.", hint) from None
    except (OSError, ValueError, EOFError) as error:
        raise BodyFileError(f"{path} is not a joint regressor (.npy), or it is damaged.") from error
    if regressor.shape != (joint_count, SMPL_VERTEX_COUNT):
        raise BodyFileError(f"{path} has the shape {regressor.shape}, not {(joint_count, SMPL_VERTEX_COUNT)}.")
    return np.asarray(regressor, np.float32)


def lsp14_joints(vertices: FloatArray, h36m_regressor: FloatArray) -> FloatArray:
    """Return VIBE's 14 joints (..., 14, 3) of SMPL surfaces (..., 6890, 3)."""
    return h36m_regressor[list(H36M_TO_LSP_14)] @ vertices


def spin49_joints(joints: FloatArray, vertices: FloatArray, extra_regressor: FloatArray) -> FloatArray:
    """Return the 49 joints (..., 49, 3) that SPIN's family predicts.

    Args:
        joints: (..., 24, 3) SMPL's own.
        vertices: (..., 6890, 3).
        extra_regressor: (9, 6890).
    """
    if joints.shape[-2] != JOINT_COUNT:
        raise ValueError(f"{joints.shape[-2]} joints instead of SMPL's {JOINT_COUNT}")
    picked = vertices[..., [*FACE_AND_FEET_VERTICES, *FINGER_VERTICES], :]
    superset = np.concatenate([joints, picked, extra_regressor @ vertices], axis=-2)
    result: FloatArray = superset[..., list(SPIN_49_OF_54), :]
    return result


def mpi17_joints(spin49: FloatArray) -> FloatArray:
    """Return MPI-INF-3DHP's 17 test joints (..., 17, 3) of the 49."""
    return arrange_joints(spin49, SPIN_49, MPI_17)


@dataclass(frozen=True)
class CorrectJoints:
    """MPI-INF-3DHP's own figures, percent."""

    pck: float
    auc: float


def correct_joints(predicted: FloatArray, true: FloatArray, root_joints: Sequence[int]) -> CorrectJoints:
    """Return the share of joints (..., K, 3) within 150 mm, and its mean over the thresholds 0, 5, ..., 150 mm.

    Source: Mehta et al., section 6; the strict `<` is that of the data set's own evaluation.
    """
    distance_mm = np.linalg.norm(rooted(predicted, root_joints) - rooted(true, root_joints), axis=-1) * MM_PER_M
    shares = [float((distance_mm < threshold).mean()) for threshold in _AUC_THRESHOLDS_MM]
    return CorrectJoints(100 * shares[-1], 100 * float(np.mean(shares)))
