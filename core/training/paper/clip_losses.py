"""The paper's losses on clips of several data sets, where each clip has the labels that its data set knows.

Each loss is a sum over this process's clips, divided by the count of the whole batch, so that sums over processes are
the batch's means.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor

from ...models.pare_temporal import PareTemporalOutput
from ...skeleton import BETA_COUNT, JOINT_COUNT
from ..datasets.joint_names import LSP_14, SPIN_49
from ..loss_presets import Regularisation, regularisation_loss
from ..torch_rotations import rotvec_to_rotmat
from .clips import ClipBatch
from .processes import Processes
from .smpl_joints import SmplJointModel

FOCAL_LENGTH_PX: Final = 5000.0
CROP_SIDE_PX: Final = 224.0
"""PARE's camera of the crop: a long focal length, so that projection is nearly weak perspective."""

LSP_SLOTS: Final = slice(SPIN_49.index("right_ankle"), SPIN_49.index("right_ankle") + len(LSP_14))
HIP_JOINTS: Final = (LSP_14.index("right_hip"), LSP_14.index("left_hip"))


class PosedBatch(NamedTuple):
    """A batch's estimate as a posed body."""

    rotmat: Tensor
    """(B, T, 24, 3, 3)"""
    joints: Tensor
    """(B, T, 49, 3) metres."""
    keypoints2d: Tensor
    """(B, T, 49, 2) in [-1, 1] across the crop."""


def pose_batch(output: PareTemporalOutput, rotmat: Tensor, body: SmplJointModel) -> PosedBatch:
    """Return the joints of an estimate and where the crop's camera sees them."""
    clips = rotmat.shape[:2]
    joints = body.pose(rotmat.flatten(0, 1), output.betas.flatten(0, 1)).spin49.unflatten(0, clips)
    return PosedBatch(rotmat, joints, project_to_crop(joints, output.weak_camera))


def project_to_crop(joints: Tensor, weak_camera: Tensor) -> Tensor:
    """Return (..., K, 2) in [-1, 1] across the crop of joints (..., K, 3) and weak cameras (..., 3).

    Source: paper, equation 4, R the identity, and section 2.3, t_z = 2 f / (Res s).
    """
    depth = 2 * FOCAL_LENGTH_PX / (CROP_SIDE_PX * weak_camera[..., :1] + 1e-9)
    points = joints + torch.cat([weak_camera[..., 1:], depth], dim=-1)[..., None, :]
    return FOCAL_LENGTH_PX / (CROP_SIDE_PX / 2) * points[..., :2] / points[..., 2:]


class Targets(NamedTuple):
    """What the estimate is compared with."""

    rotmat: Tensor
    """(B, T, 24, 3, 3)"""
    joints: Tensor
    """(B, T, 14, 3) metres, rooted between the hips."""
    has_joint: Tensor
    """(B, T, 14) 0 or 1."""


@torch.no_grad()
def targets_of(batch: ClipBatch, body: SmplJointModel) -> Targets:
    """Return rotations and rooted joints; a frame with an SMPL pose but no joints gets them from the posed body."""
    clips = batch.poses.shape[:2]
    rotmat = rotvec_to_rotmat(batch.poses)
    labels, known = batch.joints3d[..., LSP_SLOTS, :3], batch.joints3d[..., LSP_SLOTS, 3] * batch.weight_3d[..., None]
    from_pose = (known.sum(-1) == 0) & (batch.weight_smpl > 0)
    if from_pose.any():
        posed = body.pose(rotmat.flatten(0, 1), batch.betas.flatten(0, 1)).spin49[:, LSP_SLOTS].unflatten(0, clips)
        labels = torch.where(from_pose[..., None, None], posed, labels)
        known = torch.where(from_pose[..., None], torch.ones_like(known), known)
    # Without both hips there is no root to compare from.
    has_root = known[..., list(HIP_JOINTS)].amin(-1, keepdim=True)
    return Targets(rotmat, rooted(labels), known * has_root)


def rooted(joints: Tensor) -> Tensor:
    """Return the 14 joints (..., 14, 3) less the middle of the hips."""
    return joints - joints[..., list(HIP_JOINTS), :].mean(-2, keepdim=True)


class LabelCounts(NamedTuple):
    """How many numbers the whole batch compares, at least 1 each."""

    keypoints2d: Tensor
    joints3d: Tensor
    smpl_frames: Tensor


def count_labels(batch: ClipBatch, targets: Targets, processes: Processes) -> LabelCounts:
    """Return the counts of the whole batch."""
    # VIBE's mean runs over all keypoints, seen or not; those that are not seen weigh nothing.
    counts = [batch.keypoints2d[..., :2].numel(), 3 * targets.has_joint.sum(), batch.weight_smpl.sum()]
    summed = processes.sum(torch.stack([torch.as_tensor(c, dtype=torch.float32).to(targets.joints) for c in counts]))
    return LabelCounts(*summed.clamp_min(1.0).unbind())


def supervised_losses(
    output: PareTemporalOutput, posed: PosedBatch, batch: ClipBatch, targets: Targets, counts: LabelCounts
) -> dict[str, Tensor]:
    """Return L_3D, L_2D and both parts of L_SMPL, mean squared errors over the whole batch's labels.

    Source: paper, equation 5; which joints, and from where they are measured, as in VIBE.
    """
    error_2d = (posed.keypoints2d - batch.keypoints2d[..., :2]).square() * batch.keypoints2d[..., 2:]
    error_3d = (rooted(posed.joints[..., LSP_SLOTS, :]) - targets.joints).square() * targets.has_joint[..., None]
    error_pose = (posed.rotmat - targets.rotmat).square().sum((-1, -2, -3)) * batch.weight_smpl
    error_betas = (output.betas - batch.betas).square().sum(-1) * batch.weight_smpl
    return {
        "keypoint3d": error_3d.sum() / counts.joints3d,
        "keypoint2d": error_2d.sum() / counts.keypoints2d,
        "pose": error_pose.sum() / (counts.smpl_frames * JOINT_COUNT * 9),
        "betas": error_betas.sum() / (counts.smpl_frames * BETA_COUNT),
    }


def regularisation(encoded: Tensor, pose_features: Tensor, form: Regularisation, processes: Processes) -> Tensor:
    """Return this process's part of L_reg, a mean over clips, which are spread evenly."""
    return regularisation_loss(encoded, pose_features, form) / processes.count
