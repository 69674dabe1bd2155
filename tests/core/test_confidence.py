import numpy as np
import pytest

from core.confidence import (
    Calibration,
    confidence_inputs,
    joint_confidence,
    joint_visibility,
    load_calibration,
    residual_heights,
)
from core.errors import WeightsError
from core.skeleton import JOINT_NAMES, LANDMARK_NAMES

TIMES_S = np.arange(30) / 30.0


def by_joint(row):
    return dict(zip(JOINT_NAMES, row, strict=True))


def test_full_view_is_full_visibility():
    np.testing.assert_allclose(joint_visibility(np.ones((2, 33))), 1, atol=1e-6)


def test_unseen_legs_leave_the_arms_alone():
    visibility = np.ones((1, 33))
    hidden = ("knee", "ankle", "heel", "foot_index")
    visibility[:, [i for i, name in enumerate(LANDMARK_NAMES) if any(part in name for part in hidden)]] = 0
    seen = by_joint(joint_visibility(visibility)[0])
    assert seen["left_knee"] == seen["right_ankle"] == 0
    assert seen["left_elbow"] == seen["left_wrist"] == seen["right_hand"] == seen["head"] == 1


def test_one_hidden_wrist_lowers_its_own_elbow_only():
    visibility = np.ones((1, 33))
    visibility[:, LANDMARK_NAMES.index("left_wrist")] = 0
    seen = by_joint(joint_visibility(visibility)[0])
    assert seen["left_elbow"] < 1
    assert seen["right_elbow"] == 1


def test_the_inputs_say_how_far_off_and_how_long_unseen():
    visibility, residual = np.ones((30, 33)), np.full((30, 33), 0.01)
    leg = [LANDMARK_NAMES.index(name) for name in ("left_ankle", "left_heel", "left_foot_index")]
    visibility[10:20, leg] = 0
    residual[:, LANDMARK_NAMES.index("right_wrist")] = 0.2
    inputs = confidence_inputs(visibility, residual, TIMES_S)
    ankle, elbow = JOINT_NAMES.index("left_ankle"), JOINT_NAMES.index("right_elbow")
    unseen_s = np.square(inputs[:, ankle, 2])
    np.testing.assert_allclose(unseen_s[:10], 0)
    np.testing.assert_allclose(unseen_s[10:20] * 30, [1, 2, 3, 4, 5, 5, 4, 3, 2, 1])
    assert inputs[0, elbow, 1] > inputs[0, JOINT_NAMES.index("left_elbow"), 1]


def test_who_is_never_seen_is_unseen_for_the_longest_time():
    inputs = confidence_inputs(np.zeros((30, 33)), np.zeros((30, 33)), TIMES_S)
    assert (inputs[..., 2] == 1).all() and np.isfinite(inputs).all()


def test_the_shipped_calibration_trusts_what_is_seen_well_and_fits():
    visibility = np.full((30, 33), 0.98)
    good = joint_confidence(visibility, np.full((30, 33), 0.005), TIMES_S)
    off = joint_confidence(visibility, np.full((30, 33), 0.2), TIMES_S)
    hidden = joint_confidence(np.full((30, 33), 0.1), np.full((30, 33), 0.05), TIMES_S)
    assert good.shape == (30, 24) and good.dtype == np.float32
    assert good.mean() > 0.8
    assert (off < good).all() and (hidden < good).all()
    assert hidden[:, JOINT_NAMES.index("left_elbow")].mean() < 0.5


def test_the_formula_is_a_logistic_one():
    calibration = Calibration(np.array([2.0, 0.0, 0.0]), np.full(24, -1.0))
    confidence = joint_confidence(np.ones((1, 33)), np.zeros((1, 33)), np.zeros(1), calibration)
    np.testing.assert_allclose(confidence, 1 / (1 + np.exp(-1.0)), rtol=1e-6)


def test_residuals_are_in_person_heights():
    seen = np.zeros((3, 33, 2))
    seen[:, 0, 1] = 200.0
    posed = seen + np.array([6.0, 8.0])
    np.testing.assert_allclose(residual_heights(posed, seen), 0.05)


def test_a_damaged_calibration_is_a_sentence(tmp_path):
    path = tmp_path / "confidence.json"
    for text in ("", "{}", '{"weights": [1, 2], "joint_biases": {}}'):
        path.write_text(text)
        load_calibration.cache_clear()
        with pytest.raises(WeightsError, match=r"confidence\.json is missing or damaged"):
            load_calibration(path)
