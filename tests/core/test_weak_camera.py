import numpy as np

from core.evidence import landmark_evidence
from core.weak_camera import weak_camera_to_pelvis

IMAGE_SIZE = (1280, 720)


def evidence_of(keypoints2d_px, focal_length_px):
    frames = len(keypoints2d_px)
    return landmark_evidence(
        keypoints2d_px, np.zeros((frames, 33, 3)), np.ones((frames, 33)), focal_length_px, IMAGE_SIZE
    )


def test_a_pelvis_seen_through_a_box_comes_back():
    rng = np.random.default_rng(0)
    pelvis = np.array([[0.4, -0.2, 3.0], [-1.0, 0.1, 5.5]])
    points = pelvis[:, None] + rng.normal(size=(2, 33, 3)) * 0.3
    focal_length_px = 1000.0
    keypoints2d_px = focal_length_px * points[..., :2] / points[..., 2:] + np.array(IMAGE_SIZE) / 2
    evidence = evidence_of(keypoints2d_px, focal_length_px)
    scale = focal_length_px / (pelvis[:, 2] * evidence.box_half_side_px)
    offset = pelvis[:, :2] - evidence.box_center_px / (scale * evidence.box_half_side_px)[:, None]
    weak_camera = np.concatenate([scale[:, None], offset], axis=1)
    assert np.allclose(weak_camera_to_pelvis(weak_camera, evidence, focal_length_px), pelvis)


def test_twice_the_focal_length_is_twice_as_far():
    keypoints2d_px = np.random.default_rng(1).uniform(200, 500, (3, 33, 2))
    weak_camera = np.tile([0.9, 0.0, 0.0], (3, 1))
    near, far = (weak_camera_to_pelvis(weak_camera, evidence_of(keypoints2d_px, f), f) for f in (800.0, 1600.0))
    assert np.allclose(far[:, 2], 2 * near[:, 2])
    assert np.allclose(far[:, :2], near[:, :2])


def test_the_papers_formula_for_a_centred_box():
    # t_z = 2 f / (Res s), Res the side of the box.
    keypoints2d_px = np.array(IMAGE_SIZE) / 2 + np.array([[[-100.0, -100.0], [100.0, 100.0]] + [[0.0, 0.0]] * 31])
    evidence = evidence_of(keypoints2d_px, 1000.0)
    pelvis = weak_camera_to_pelvis(np.array([[0.8, 0.05, -0.02]]), evidence, 1000.0)
    side = 2 * evidence.box_half_side_px[0]
    assert np.allclose(pelvis[0], [0.05, -0.02, 2 * 1000.0 / (side * 0.8)])
