import numpy as np
import torch

from core.evidence import landmark_evidence
from core.training import torch_camera
from core.weak_camera import weak_camera_to_pelvis

IMAGE_SIZE = (1280, 720)
FOCAL_LENGTH_PX = 1100.0


def random_track(frame_count=6):
    rng = np.random.default_rng(0)
    keypoints2d_px = rng.uniform(100, 600, (frame_count, 33, 2))
    return keypoints2d_px, rng.normal(size=(frame_count, 33, 3)), rng.uniform(size=(frame_count, 33))


def test_evidence_equals_the_numpy_twin():
    keypoints2d_px, world, visibility = random_track()
    evidence = landmark_evidence(keypoints2d_px, world, visibility, FOCAL_LENGTH_PX, IMAGE_SIZE)
    rooted = world - world[:, 23:25].mean(axis=1, keepdims=True)
    # The twin is free to choose its unit: here the half of the longer side.
    unit = 640.0
    twin = torch_camera.landmark_evidence(
        torch.as_tensor((keypoints2d_px - np.array(IMAGE_SIZE) / 2) / unit),
        torch.as_tensor(rooted),
        torch.as_tensor(visibility),
        torch.full((6, 1), FOCAL_LENGTH_PX / unit, dtype=torch.float64),
    )
    assert np.allclose(evidence.values, twin.values.numpy(), atol=1e-5)
    assert np.allclose(evidence.box_center_px, twin.box_center.numpy() * unit)
    assert np.allclose(evidence.box_half_side_px, twin.box_half_side[:, 0].numpy() * unit)


def test_the_pelvis_equals_the_numpy_twin():
    evidence = landmark_evidence(*random_track(), FOCAL_LENGTH_PX, IMAGE_SIZE)
    weak_camera = np.random.default_rng(1).uniform(0.5, 1.0, (6, 3))
    pelvis = weak_camera_to_pelvis(weak_camera, evidence, FOCAL_LENGTH_PX)
    twin = torch_camera.weak_camera_to_pelvis(
        torch.as_tensor(weak_camera),
        torch.as_tensor(evidence.box_center_px),
        torch.as_tensor(evidence.box_half_side_px)[:, None],
        torch.full((6, 1), FOCAL_LENGTH_PX, dtype=torch.float64),
    )
    assert np.allclose(pelvis, twin.numpy())


def test_a_point_straight_ahead_is_projected_to_the_principal_point():
    landmarks = torch.zeros(1, 33, 3)
    points = torch_camera.project(landmarks, torch.tensor([[0.0, 0.0, 2.0]]), torch.tensor([[1.5]]))
    assert torch.equal(points, torch.zeros(1, 33, 2))
    right_and_down = torch_camera.project(landmarks, torch.tensor([[1.0, 0.5, 2.0]]), torch.tensor([[1.5]]))
    assert torch.allclose(right_and_down[0, 0], torch.tensor([0.75, 0.375]))
