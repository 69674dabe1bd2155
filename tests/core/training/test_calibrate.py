import numpy as np
import pytest

from core.confidence import JOINT_LANDMARK_WEIGHTS, chance
from core.training.calibrate import fit_calibration, joint_errors_m


def test_the_fit_finds_the_chances_that_made_the_data():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(1500, 24, 3))
    biases = random.normal(size=24)
    weights = np.array([1.5, -0.7, -2.0])
    true = 1 / (1 + np.exp(-(inputs @ weights + biases)))
    found = fit_calibration(inputs, random.uniform(size=true.shape) < true)
    np.testing.assert_allclose(found.weights, weights, atol=0.2)
    np.testing.assert_allclose(found.joint_biases, biases, atol=0.4)
    assert np.abs(chance(inputs, found) - true).mean() < 0.04


def test_a_joints_error_is_that_of_its_landmarks_with_the_hips_laid_over_each_other():
    random = np.random.default_rng(1)
    true = random.normal(size=(2, 33, 3))
    estimate = true + np.array([5.0, -3.0, 1.0])
    assert joint_errors_m(estimate, true).max() < 1e-12
    estimate[:, 15] += [0.0, 0.0, 0.2]
    errors = joint_errors_m(estimate, true)
    assert errors[0] == pytest.approx(0.2 * JOINT_LANDMARK_WEIGHTS[:, 15])
