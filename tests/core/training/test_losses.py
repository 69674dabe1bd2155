import pytest
import torch

from core.training import losses
from core.training.torch_rotations import rot6d_to_rotmat

LANDMARKS = torch.randn(2, 6, 33, 3, generator=torch.Generator().manual_seed(0))


def test_landmark_losses_are_zero_for_the_truth_and_blind_to_the_root():
    moved = LANDMARKS + torch.tensor([1.0, -2.0, 3.0])
    assert losses.keypoint3d_loss(moved, LANDMARKS) < 1e-10
    assert losses.keypoint3d_distance(moved, LANDMARKS) < 1e-5
    assert losses.acceleration_loss(moved, LANDMARKS, 30.0) < 1e-10


def test_a_static_error_has_no_acceleration():
    offset = torch.zeros_like(LANDMARKS)
    offset[:, :, 15] = 0.1
    assert losses.acceleration_loss(LANDMARKS + offset, LANDMARKS, 30.0) < 1e-10
    assert losses.keypoint3d_loss(LANDMARKS + offset, LANDMARKS) > 1e-5


def test_the_mean_square_has_its_closed_form():
    offset = torch.zeros_like(LANDMARKS)
    offset[:, :, 15, 0] = 0.3
    expected = 0.3**2 / 3 * losses.TEMPORAL_WEIGHTS[15] / 33
    assert torch.isclose(losses.keypoint3d_loss(LANDMARKS + offset, LANDMARKS), expected, rtol=1e-4)


def test_landmark_weights_have_mean_one():
    for weights in (losses.TEMPORAL_WEIGHTS, losses.LIFTER_WEIGHTS):
        assert torch.isclose(weights.mean(), torch.tensor(1.0))


def test_the_nose_and_the_feet_count_half_and_the_rest_of_face_and_hands_not_at_all():
    weights = losses.TEMPORAL_WEIGHTS / losses.TEMPORAL_WEIGHTS[15]
    body = {11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28}
    expected = [1.0 if i in body else 0.5 if i in (0, 31, 32) else 0.0 for i in range(33)]
    assert torch.allclose(weights, torch.tensor(expected))
    for differing in (losses.keypoint3d_loss, losses.keypoint2d_loss):
        assert "Differs: the landmarks are weighted" in differing.__doc__


def test_regularisation_is_the_root_mean_square_and_its_gradient_is_finite_at_no_change():
    features = torch.randn(3, 5, 24, 128)
    assert torch.isclose(losses.feature_regularisation_loss(features + 0.25, features), torch.tensor(0.25), rtol=1e-4)
    same = features.clone().requires_grad_()
    losses.feature_regularisation_loss(same, features).backward()
    assert torch.isfinite(same.grad).all()


def test_all_pose_losses_have_finite_gradients_at_the_identity():
    rot6d = torch.tensor([1.0, 0, 0, 1, 0, 0]).repeat(2, 6, 24, 1).requires_grad_()
    rotmat, true = rot6d_to_rotmat(rot6d), torch.eye(3).expand(2, 6, 24, 3, 3)
    (losses.smpl_pose_loss(rotmat, true) + losses.lifter_pose_loss(rotmat, true)).backward()
    assert torch.isfinite(rot6d.grad).all()
    landmarks = LANDMARKS.clone().requires_grad_()
    losses.keypoint3d_distance(landmarks, LANDMARKS).backward()
    assert torch.isfinite(landmarks.grad).all()


def test_generator_and_discriminator_pull_in_opposite_directions():
    score = torch.tensor([0.3], requires_grad=True)
    losses.adversarial_loss(score).backward()
    pull_of_generator = -score.grad.clone()
    score.grad = None
    losses.discriminator_loss(torch.ones(1), score).backward()
    assert pull_of_generator > 0 > -score.grad
    assert losses.discriminator_loss(torch.ones(4), torch.zeros(4)) == 0
    assert losses.adversarial_loss(torch.ones(4)) == 0


def test_points_beyond_the_box_do_not_rule_the_batch():
    true = torch.zeros(1, 1, 33, 2)
    far = true + 1000.0
    assert losses.keypoint2d_loss(far, true, torch.ones(1, 1, 1)) <= 1.0 + 1e-6


@pytest.mark.parametrize("frame_rate", [24.0, 60.0])
def test_jitter_weighs_by_the_frame_rate(frame_rate):
    noisy = LANDMARKS + torch.randn(LANDMARKS.shape)
    ratio = losses.acceleration_loss(noisy, LANDMARKS, frame_rate) / losses.acceleration_loss(noisy, LANDMARKS, 30.0)
    assert torch.isclose(ratio, torch.tensor(frame_rate / 30.0))
