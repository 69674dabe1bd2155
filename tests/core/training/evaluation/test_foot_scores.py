import dataclasses

import numpy as np
import pytest

from core.rotations import rotvec_to_rotmat
from core.skeleton import CONTACT_LANDMARKS
from core.training.evaluation.foot_scores import foot_scores, sliding_m
from tests.core.training.evaluation.rendered_shots import make_shot

UP, LEVEL = np.array([0.0, 1.0, 0.0]), np.array([0.6, 0.0, 0.8])


@pytest.fixture(scope="module")
def shot():
    return make_shot()


def moved_in_world(shot, by_m):
    """The landmarks with a world vector (T, 3) added."""
    return shot.landmarks + np.einsum("tij,tj->ti", shot.camera_from_world[:, :3, :3], by_m)[:, None]


def test_a_body_that_drifts_over_the_floor_slides_by_just_that(shot):
    drift = 0.004 * np.arange(shot.frame_count)[:, None] * LEVEL
    scores = foot_scores(moved_in_world(shot, drift), shot)
    assert scores.sliding_mm == pytest.approx(4.0)
    assert scores.penetration_mm == pytest.approx(0, abs=1e-6) and scores.float_mm == pytest.approx(0, abs=1e-6)


def test_a_constant_height_costs_nothing(shot):
    scores = foot_scores(moved_in_world(shot, np.tile(0.3 * UP, (shot.frame_count, 1))), shot)
    assert dataclasses.astuple(scores) == pytest.approx((0, 0, 0), abs=1e-6)


def test_bobbing_is_floating_and_penetration_and_no_sliding(shot):
    height = np.zeros(shot.frame_count)
    height[:8], height[8:12] = 0.05, -0.10
    scores = foot_scores(moved_in_world(shot, height[:, None] * UP), shot)
    assert scores.sliding_mm == pytest.approx(0, abs=1e-6)
    assert scores.float_mm == pytest.approx(50 * 8 / 40) and scores.penetration_mm == pytest.approx(100 * 4 / 40)


def test_only_standing_points_count(shot):
    wrong = shot.landmarks.copy()
    wrong[:, CONTACT_LANDMARKS[1]] += np.random.default_rng(0).normal(0, 0.2, (shot.frame_count, 3))
    assert dataclasses.astuple(foot_scores(wrong, shot)) == pytest.approx((0, 0, 0), abs=1e-6)


def test_a_moving_camera_is_taken_out(shot):
    """The same person in the same place, filmed by a camera that turns and travels."""
    still = shot.to_world(shot.landmarks)
    cameras = shot.camera_from_world.copy()
    for frame in range(shot.frame_count):
        turn = rotvec_to_rotmat(np.array([0.001, 0.01, 0.002]) * frame)
        cameras[frame, :3] = turn @ cameras[frame, :3] + np.array([[0, 0, 0, 0.01 * frame]] * 3)
    filmed = np.einsum("tij,tkj->tki", cameras[:, :3, :3], still) + cameras[:, None, :3, 3]
    moving = dataclasses.replace(shot, landmarks=filmed, camera_from_world=cameras)
    assert foot_scores(filmed, moving).sliding_mm == pytest.approx(0, abs=1e-6)
    # The same landmarks through the first frame's camera would slide.
    fixed = dataclasses.replace(moving, camera_from_world=cameras[:1].repeat(shot.frame_count, axis=0))
    assert foot_scores(filmed, fixed).sliding_mm > 10


def test_sliding_against_a_plain_loop():
    rng = np.random.default_rng(0)
    feet, stands = np.cumsum(rng.normal(0, 0.01, (31, 4, 3)), axis=0), rng.random((31, 4)) < 0.7
    feet[12] = np.nan
    expected = [
        np.hypot(*(feet[frame + 1, part] - feet[frame, part])[[0, 2]])
        for frame in range(30)
        for part in range(4)
        if stands[frame, part] and stands[frame + 1, part] and frame not in (11, 12)
    ]
    assert sliding_m(feet, stands, 30.0) == pytest.approx(expected)


def test_sliding_is_per_thirtieth_of_a_second():
    path = np.linspace(0, 1, 121)[:, None, None] * np.array([1.0, 0.0, 0.0]) * np.ones((1, 4, 1))
    stands = np.ones((121, 4), bool)
    # One metre in 120 frames: 120 frames are 2 s at 60 and 4 s at 30 frames a second.
    assert sliding_m(path, stands, 60.0) == pytest.approx(1 / 60)
    assert sliding_m(path, stands, 30.0) == pytest.approx(1 / 120)
    assert sliding_m(path, stands, 24.0) == pytest.approx(1 / 150)


def test_whoever_never_stands_has_no_figures(shot):
    flying = dataclasses.replace(shot, contacts=np.zeros_like(shot.contacts))
    assert np.isnan(dataclasses.astuple(foot_scores(shot.landmarks, flying))).all()
