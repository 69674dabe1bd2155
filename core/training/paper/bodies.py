"""The user's neutral SMPL body with its regressors, ready for losses and for scores."""

from dataclasses import dataclass
from pathlib import Path

from ...smpl_files import load_pose_corrections, load_smpl_file
from ..datasets.genders import require_gender
from ..evaluation.protocols import load_joint_regressor
from .files import EXTRA_REGRESSOR, H36M_REGRESSOR
from .smpl_joints import SmplJointModel
from .smpl_surface import SmplSurface


@dataclass(frozen=True)
class Bodies:
    """One body, as joints with gradients and as a surface."""

    joints: SmplJointModel
    surface: SmplSurface


def read_bodies(smpl: Path, regressors: Path, device: str) -> Bodies:
    """Return the neutral SMPL body.

    Args:
        smpl: the SMPL file.
        regressors: folder with J_regressor_extra.npy and J_regressor_h36m.npy.
    Raises:
        MotionDataError: it is of another gender.
        BodyFileError: the file or a regressor is missing or none.
    """
    body, corrections = load_smpl_file(smpl), load_pose_corrections(smpl)
    require_gender(body.gender, "neutral", smpl, "the paper's protocol")
    extra = load_joint_regressor(regressors / EXTRA_REGRESSOR, 9)
    h36m = load_joint_regressor(regressors / H36M_REGRESSOR, 17)
    joints = SmplJointModel(body, extra, h36m, corrections, device)
    return Bodies(joints, SmplSurface(body, corrections, device))
