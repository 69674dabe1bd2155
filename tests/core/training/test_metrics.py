import numpy as np
import pytest

from core.rotations import rotvec_to_rotmat
from core.skeleton import BODY_LANDMARKS
from core.training.metrics import motion_errors, procrustes_align, rooted_body


@pytest.fixture
def landmarks():
    return np.random.default_rng(0).normal(size=(2, 10, 33, 3))


def naive_errors(predicted, true):
    """The slow twin: plain loops, Procrustes by scipy."""
    from scipy.spatial import procrustes

    distances, aligned_distances, accelerations = [], [], []
    for p_clip, t_clip in zip(predicted, true, strict=True):
        rooted = [
            [frame[list(BODY_LANDMARKS)] - (frame[23] + frame[24]) / 2 for frame in points]
            for points in (p_clip, t_clip)
        ]
        for p, t in zip(*rooted, strict=True):
            distances += [np.linalg.norm(a - b) for a, b in zip(p, t, strict=True)]
            # scipy normalises both sets: undo it for the true one.
            t_norm, p_norm, _ = procrustes(t, p)
            size = np.linalg.norm(t - t.mean(axis=0))
            aligned_distances += [size * np.linalg.norm(a - b) for a, b in zip(p_norm, t_norm, strict=True)]
        for frame in range(1, len(p_clip) - 1):
            p_acc, t_acc = (points[frame + 1] - 2 * points[frame] + points[frame - 1] for points in rooted)
            accelerations += [np.linalg.norm(a - b) for a, b in zip(p_acc, t_acc, strict=True)]
    return [1000 * np.mean(values) for values in (distances, aligned_distances, accelerations)]


def test_errors_equal_the_naive_twin(landmarks):
    # Near the truth, so that scipy's Procrustes, which may mirror, has no reason to.
    predicted = 1.1 * landmarks + np.random.default_rng(1).normal(size=landmarks.shape) * 0.1
    errors = motion_errors(predicted, landmarks)
    expected = naive_errors(predicted, landmarks)
    assert np.allclose([errors.mpjpe_mm, errors.pa_mpjpe_mm, errors.acc_error_mm_per_frame2], expected)


def test_a_similarity_transform_costs_nothing_after_alignment(landmarks):
    points = rooted_body(landmarks)
    moved = 0.7 * points @ rotvec_to_rotmat(np.array([0.4, -2.0, 1.0])).T + np.array([1.0, 2.0, 3.0])
    assert np.abs(procrustes_align(moved, points) - points).max() < 1e-10


def test_a_mirrored_body_is_not_forgiven(landmarks):
    points = rooted_body(landmarks)
    mirrored = points * np.array([-1.0, 1.0, 1.0])
    assert np.abs(procrustes_align(mirrored, points) - points).mean() > 0.1


def test_moving_the_whole_body_changes_nothing(landmarks):
    drift = np.random.default_rng(2).normal(size=(2, 10, 1, 3))
    errors = motion_errors(landmarks + drift, landmarks)
    assert errors.mpjpe_mm < 1e-9 and errors.acc_error_mm_per_frame2 < 1e-9
    assert np.isclose(errors.acc_ratio, 1.0)


def test_a_frozen_body_has_no_acceleration_and_the_truths_acceleration_as_error(landmarks):
    frozen = np.broadcast_to(landmarks[:, :1], landmarks.shape)
    errors, truth = motion_errors(frozen, landmarks), motion_errors(landmarks, landmarks)
    assert errors.acc_ratio == 0
    assert np.isclose(errors.acc_error_mm_per_frame2, truth.acc_mm_per_frame2)
