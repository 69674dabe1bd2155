import numpy as np
import torch

from core.body_model import BodyModel
from core.rotations import rotvec_to_rotmat


def test_landmarks_and_joints_equal_the_numpy_body(body_file, torch_body):
    rng = np.random.default_rng(0)
    body = BodyModel(body_file)
    for _ in range(3):
        rotmat = rotvec_to_rotmat(rng.normal(size=(4, 24, 3)) * 0.6)
        betas = rng.normal(size=10)
        pelvis = body.rest_joints(betas)[0]
        expected = body.pose_landmarks(rotmat, betas, np.zeros((4, 3))) - pelvis
        joints, _ = body.pose_joints(rotmat, betas, np.zeros((4, 3)))
        landmarks, torch_joints = torch_body.pose_landmarks(
            torch.as_tensor(rotmat).float(), torch.as_tensor(betas).float().expand(4, 10)
        )
        assert np.abs(landmarks.numpy() - expected).max() < 2e-6
        assert np.abs(torch_joints.numpy() - (joints - pelvis)).max() < 2e-6


def test_turning_the_root_turns_everything(torch_body):
    torch.manual_seed(0)
    rotmat = torch.linalg.qr(torch.randn(1, 24, 3, 3)).Q
    rotmat = rotmat * torch.linalg.det(rotmat)[..., None, None]
    turn = torch.as_tensor(rotvec_to_rotmat(np.array([0.3, -1.0, 0.5]))).float()
    betas = torch.zeros(1, 10)
    landmarks, _ = torch_body.pose_landmarks(rotmat, betas)
    turned = rotmat.clone()
    turned[:, 0] = turn @ rotmat[:, 0]
    again, _ = torch_body.pose_landmarks(turned, betas)
    assert torch.allclose(again, landmarks @ turn.T, atol=1e-5)


def test_bone_scale_lengthens_the_chosen_bone_only(torch_body):
    rotmat, betas = torch.eye(3).expand(1, 24, 3, 3), torch.zeros(1, 10)
    scale = torch.ones(1, 24)
    scale[:, 18] = 1.1
    _, joints = torch_body.pose_landmarks(rotmat, betas)
    _, scaled = torch_body.pose_landmarks(rotmat, betas, scale)
    length = (joints[0, 18] - joints[0, 16]).norm()
    assert torch.isclose((scaled[0, 18] - scaled[0, 16]).norm(), 1.1 * length)
    assert torch.equal(joints[0, :18], scaled[0, :18])
