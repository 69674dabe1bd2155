import numpy as np
import torch

from core.rotations import rot6d_to_rotmat, rotmat_to_rot6d, rotvec_to_rotmat
from core.training import torch_rotations as twins


def test_rot6d_equals_the_numpy_twin():
    rot6d = np.random.default_rng(0).normal(size=(50, 6))
    rotmat = twins.rot6d_to_rotmat(torch.as_tensor(rot6d))
    assert np.allclose(rotmat.numpy(), rot6d_to_rotmat(rot6d), atol=1e-12)
    assert np.allclose(twins.rotmat_to_rot6d(rotmat).numpy(), rotmat_to_rot6d(rotmat.numpy()))


def test_three_rotations_are_not_mixed_up():
    # A cross product without a named axis would take the first axis of size 3.
    rot6d = np.random.default_rng(1).normal(size=(3, 6))
    assert np.allclose(twins.rot6d_to_rotmat(torch.as_tensor(rot6d)).numpy(), rot6d_to_rotmat(rot6d))


def test_axis_angle_equals_the_numpy_twin_also_near_zero():
    rotvec = np.random.default_rng(2).normal(size=(50, 3))
    rotvec[:10] *= 1e-5
    rotvec[0] = 0
    assert np.allclose(twins.rotvec_to_rotmat(torch.as_tensor(rotvec)).numpy(), rotvec_to_rotmat(rotvec), atol=1e-9)


def test_gradients_at_no_rotation_are_finite():
    rotvec = torch.zeros(4, 3, requires_grad=True)
    twins.rotvec_to_rotmat(rotvec).square().sum().backward()
    rot6d = torch.tensor([[1.0, 0, 0, 1, 0, 0]], requires_grad=True)
    twins.rot6d_to_rotmat(rot6d).sum().backward()
    assert torch.isfinite(rotvec.grad).all() and torch.isfinite(rot6d.grad).all()


def test_the_angle_between_rotations_in_degrees():
    rotmat = twins.rotvec_to_rotmat(torch.tensor([[0.0, 0.0, 0.0], [0.0, np.pi / 3, 0.0]]))
    assert torch.allclose(twins.rotation_angle_deg(rotmat[0], rotmat[1]), torch.tensor(60.0), atol=1e-3)
