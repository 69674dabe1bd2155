import numpy as np
import pytest

from core.evidence import landmark_evidence

IMAGE_SIZE = (1920, 1080)


@pytest.fixture
def track():
    rng = np.random.default_rng(0)
    return rng.uniform(300, 800, (4, 33, 2)), rng.normal(size=(4, 33, 3)), rng.uniform(size=(4, 33))


def test_201_finite_numbers_a_frame(track):
    evidence = landmark_evidence(*track, 1500.0, IMAGE_SIZE)
    assert evidence.values.shape == (4, 201) and evidence.values.dtype == np.float32
    assert np.isfinite(evidence.values).all()


def test_landmarks_fill_their_box_up_to_the_margin(track):
    boxed = landmark_evidence(*track, 1500.0, IMAGE_SIZE).values[:, :66].reshape(4, 33, 2)
    extent = np.abs(boxed).max(axis=(1, 2))
    assert np.allclose(extent, 1 / 1.1, atol=1e-5)


def test_the_same_view_at_another_resolution_is_the_same_evidence(track):
    keypoints2d_px, world, visibility = track
    large = landmark_evidence(keypoints2d_px, world, visibility, 1500.0, IMAGE_SIZE)
    small = landmark_evidence(keypoints2d_px / 2, world, visibility, 750.0, (960, 540))
    assert np.allclose(large.values, small.values, atol=1e-5)


def test_moving_the_person_in_the_image_changes_only_where_the_box_is(track):
    keypoints2d_px, world, visibility = track
    evidence = landmark_evidence(keypoints2d_px, world, visibility, 1500.0, IMAGE_SIZE)
    moved = landmark_evidence(keypoints2d_px + np.array([150.0, -30.0]), world, visibility, 1500.0, IMAGE_SIZE)
    changed = np.abs(moved.values - evidence.values).max(axis=0) > 1e-5
    assert np.flatnonzero(changed).tolist() == [198, 199]
    assert np.allclose(moved.box_center_px - evidence.box_center_px, [150.0, -30.0])


def test_world_landmarks_may_have_any_origin(track):
    keypoints2d_px, world, visibility = track
    evidence = landmark_evidence(keypoints2d_px, world, visibility, 1500.0, IMAGE_SIZE)
    shifted = landmark_evidence(keypoints2d_px, world + 5.0, visibility, 1500.0, IMAGE_SIZE)
    assert np.allclose(evidence.values, shifted.values, atol=1e-5)


def test_landmarks_in_one_point_stay_finite():
    zeros = np.zeros((1, 33, 2)), np.zeros((1, 33, 3)), np.zeros((1, 33))
    assert np.isfinite(landmark_evidence(*zeros, 1500.0, IMAGE_SIZE).values).all()
