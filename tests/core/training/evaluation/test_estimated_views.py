import numpy as np
import pytest

from core.training.evaluation.estimated_views import sliding_mm_per_frame


def test_only_feet_that_truly_stand_count_as_sliding():
    true = np.zeros((1, 4, 33, 3))
    true[0, :, 31, 0] = np.arange(4)  # the left toe walks away
    moved = true.copy()
    moved[0, :, 29, 1] = 0.004 * np.arange(4)
    moved[0, :, 31, 2] = 0.5 * np.arange(4)
    assert sliding_mm_per_frame(true, true, 30.0) == 0
    # One of the three that stand slides by 4 mm.
    assert sliding_mm_per_frame(moved, true, 30.0) == pytest.approx(4 / 3)


def test_without_standing_feet_there_is_no_sliding_to_tell():
    running = np.arange(3.0)[None, :, None, None] * np.ones((1, 1, 33, 3))
    assert np.isnan(sliding_mm_per_frame(running, running, 30.0))
