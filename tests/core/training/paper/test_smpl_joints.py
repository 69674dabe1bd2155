"""Joints without the surface are the joints of the surface."""

import numpy as np
import pytest
import torch

from core.body_file import load_body_file, open_body_path
from core.body_model import BodyModel
from core.errors import BodyFileError
from core.rotations import rotvec_to_rotmat
from core.smpl_files import load_pose_corrections, load_smpl_file
from core.training.evaluation.protocols import lsp14_joints, spin49_joints
from core.training.paper.smpl_joints import SmplJointModel
from core.training.paper.smpl_surface import SmplSurface
from tests.stand_in_smpl import joint_regressor, write_smpl_files

RNG = np.random.default_rng(1)
ROTMAT = rotvec_to_rotmat(RNG.uniform(-1, 1, (3, 24, 3)))
BETAS = RNG.normal(size=(3, 10))


@pytest.fixture(scope="module")
def smpl(tmp_path_factory):
    path = write_smpl_files(tmp_path_factory.mktemp("smpl"))
    return load_smpl_file(path), load_pose_corrections(path)


def tensors():
    return torch.tensor(ROTMAT, dtype=torch.float32), torch.tensor(BETAS, dtype=torch.float32)


@pytest.mark.parametrize("is_corrected", [False, True])
def test_both_joint_sets_are_those_of_the_skinned_vertices(smpl, is_corrected):
    body, corrections = smpl[0], smpl[1] if is_corrected else None
    extra, h36m = joint_regressor(9), joint_regressor(17)
    joints = SmplJointModel(body, extra, h36m, corrections).pose(*tensors())
    vertices = SmplSurface(body, corrections).pose(*tensors()).numpy()
    own = np.stack(
        [BodyModel(body).pose_joints(r[None], b, np.zeros(3))[0][0] for r, b in zip(ROTMAT, BETAS, strict=True)]
    )
    np.testing.assert_allclose(joints.spin49, spin49_joints(own, vertices, extra), atol=2e-6)
    np.testing.assert_allclose(joints.lsp14, lsp14_joints(vertices, h36m), atol=2e-6)


def test_the_surface_without_corrections_is_the_body_model_s(smpl):
    body = smpl[0]
    naive = [BodyModel(body).pose_vertices(r[None], b, np.zeros(3))[0] for r, b in zip(ROTMAT, BETAS, strict=True)]
    np.testing.assert_allclose(SmplSurface(body).pose(*tensors()), np.stack(naive), atol=2e-6)


def test_corrections_vanish_in_the_rest_pose(smpl):
    body, corrections = smpl
    rotmat = torch.eye(3).expand(1, 24, 3, 3).clone()
    rotmat[:, 0] = torch.tensor(ROTMAT[0, 0])  # The root bends nothing.
    betas = torch.zeros(1, 10)
    with_, without = (SmplSurface(body, c).pose(rotmat, betas) for c in (corrections, None))
    torch.testing.assert_close(with_, without)


def test_gradients_reach_rotations_and_shape(smpl):
    rotmat, betas = (tensor.requires_grad_() for tensor in tensors())
    joints = SmplJointModel(smpl[0], joint_regressor(9), joint_regressor(17), smpl[1]).pose(rotmat, betas)
    (joints.spin49.square().sum() + joints.lsp14.square().sum()).backward()
    assert rotmat.grad.abs().sum(dim=(0, 2, 3)).min() > 0
    assert betas.grad.abs().min() > 0


def test_another_body_is_refused():
    body = load_body_file(open_body_path())
    with pytest.raises(BodyFileError, match="6990 vertices; the joint regressors are for 6890"):
        SmplJointModel(body, joint_regressor(9), joint_regressor(17))
