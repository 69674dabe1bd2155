import numpy as np
import pytest

from core.training.evaluation.reliability import calibration_error, reliability_bins, reliability_table


def test_the_bins_count_what_was_near():
    confidence = np.array([[0.05, 0.95, 0.91], [0.07, 1.0, 0.99]])
    error_m = np.array([[0.2, 0.01, 0.02], [0.01, 0.03, 0.3]])
    low, high = reliability_bins(confidence, error_m, near_m=0.08)
    assert (low.count, high.count) == (2, 4)
    assert (low.near_share, high.near_share) == (0.5, 0.75)
    assert low.error_mm == pytest.approx(105) and high.error_mm == pytest.approx(90)
    assert calibration_error([low, high]) == pytest.approx((2 * 0.44 + 4 * (0.9625 - 0.75)) / 6)
    assert "within 80 mm" in reliability_table([low, high], 0.08).text()


def test_what_comes_true_as_often_as_it_says_is_calibrated():
    random = np.random.default_rng(0)
    confidence = random.uniform(0, 1, 40_000)
    error_m = np.where(random.uniform(0, 1, 40_000) < confidence, 0.01, 0.2)
    assert calibration_error(reliability_bins(confidence, error_m, 0.08)) < 0.012
    assert calibration_error(reliability_bins(confidence**3, error_m, 0.08)) > 0.1
