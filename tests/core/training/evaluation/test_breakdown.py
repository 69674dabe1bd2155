import numpy as np
import pytest

from core.training.evaluation.breakdown import (
    action_groups,
    action_table,
    angle_table,
    joint_errors_mm,
    joint_table,
    mean_body_angle_deg,
    open_scores,
    scores_by_action,
)

RNG = np.random.default_rng(0)
TRUE = RNG.normal(size=(4, 10, 33, 3))
ACTIONS = ("dance", "walking", "dance", "other")


def test_dance_stands_against_the_rest():
    groups = action_groups(ACTIONS)
    assert list(groups) == ["dance", "the rest", "other", "walking"]
    assert groups["the rest"].tolist() == [False, True, False, True]
    assert list(action_groups(("walking",))) == ["the rest", "walking"]


def test_an_error_in_dance_only_shows_there_only():
    predicted = TRUE.copy()
    predicted[[0, 2], :, 15] += 0.12
    scores = scores_by_action(predicted, TRUE, ACTIONS)
    assert scores["dance"].mpjpe_mm == pytest.approx(0.12 * 3**0.5 * 1000 / 12)
    assert scores["the rest"].mpjpe_mm == pytest.approx(0, abs=1e-6)
    text = action_table({"a": scores}, ACTIONS).text()
    assert "dance (2)" in text and "the rest (2)" in text


def test_a_joints_error_is_in_its_row():
    predicted = TRUE.copy()
    predicted[:, :, 15, 0] += 0.03
    errors = joint_errors_mm(predicted, TRUE)
    row = [line for line in joint_table({"a": errors}).text().splitlines() if line.startswith("left_wrist")]
    assert row[0].split() == ["left_wrist", "30.0"]


def test_the_bodys_mean_angle_leaves_root_and_hands_out():
    errors = np.zeros(24)
    errors[[0, 22, 23]] = 100.0
    assert mean_body_angle_deg(errors) == 0
    assert "pelvis" in angle_table({"a": errors}).text()


def test_the_open_protocol_is_blind_to_the_root():
    assert open_scores(TRUE + RNG.normal(size=(4, 10, 1, 3)), TRUE).mpjpe_mm < 1e-9
