"""Axis-angle of matrices: the values of an independent library, and gradients that are right at every angle."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from core.training.axis_angle import rotmat_to_rotvec
from core.training.torch_rotations import rot6d_to_rotmat, rotvec_to_rotmat

ANGLES = (0.0, 1e-8, 1e-5, 1e-3, 0.5, 2.0, np.pi - 1e-3, np.pi - 1e-5)


def axes(count=40):
    directions = np.random.default_rng(0).normal(size=(count, 3))
    directions[:3] = np.eye(3)
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


@pytest.mark.parametrize("angle", ANGLES)
def test_values_are_those_of_scipy(angle):
    vectors = axes() * angle
    matrices = torch.from_numpy(Rotation.from_rotvec(vectors).as_matrix())
    np.testing.assert_allclose(rotmat_to_rotvec(matrices), vectors, atol=1e-8)
    single = rotmat_to_rotvec(matrices.float()).double().numpy()
    turned_back = Rotation.from_rotvec(single) * Rotation.from_rotvec(vectors).inv()
    assert np.abs(turned_back.magnitude()).max() < 2e-6


def test_half_turns_keep_their_axis_up_to_its_sign():
    for axis in axes():
        matrix = torch.from_numpy(Rotation.from_rotvec(np.pi * axis).as_matrix())
        vector = rotmat_to_rotvec(matrix).numpy()
        assert abs(abs(vector @ axis) - np.pi) < 1e-6


@pytest.mark.parametrize("angle", [1e-3, 0.3, 2.0, np.pi - 1e-3])
def test_gradients_are_right_through_the_paper_s_6d_rotations(angle):
    matrices = torch.from_numpy(Rotation.from_rotvec(axes(8) * angle).as_matrix())
    rot6d = matrices[..., :2].flatten(-2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: rotmat_to_rotvec(rot6d_to_rotmat(x)), rot6d, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_gradient_at_the_identity_is_that_of_the_inverse(dtype):
    vector = torch.zeros(3, dtype=dtype, requires_grad=True)
    jacobian = torch.autograd.functional.jacobian(lambda v: rotmat_to_rotvec(rotvec_to_rotmat(v)), vector)
    torch.testing.assert_close(jacobian, torch.eye(3, dtype=dtype), atol=1e-6, rtol=0)


def test_no_gradient_is_infinite_anywhere():
    vectors = torch.tensor(np.concatenate([axes() * angle for angle in (*ANGLES, np.pi)]), dtype=torch.float32)
    rot6d = rotvec_to_rotmat(vectors)[..., :2].flatten(-2).requires_grad_()
    rotmat_to_rotvec(rot6d_to_rotmat(rot6d)).sum().backward()
    assert torch.isfinite(rot6d.grad).all()
