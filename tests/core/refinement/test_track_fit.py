from dataclasses import replace

import numpy as np
import pytest

from core.refinement.fit_evidence import track_fit_evidence, turn_onto
from core.refinement.fit_options import FitOptions
from core.refinement.track_fit import OFFSET_COUNT, TrackFit
from core.rotations import rotvec_to_rotmat
from tests.core.refinement.swinging_person import track_of


def perfect_track(landmarks, view):
    """A track of our own points, as the fit gets them."""
    return track_of(landmarks, view, has_our_points=True)


@pytest.fixture
def disturbed(moving, body, view):
    """A fit from a wrong start, with feet that stand now and then."""
    rotmat, betas, pelvis, landmarks = moving
    random = np.random.default_rng(0)
    wrong = rotmat @ rotvec_to_rotmat(random.normal(0, 0.08, (1, 24, 3)))
    contacts = random.uniform(0, 1, (len(rotmat), 4))
    evidence = track_fit_evidence(
        perfect_track(landmarks, view), view, wrong, pelvis + np.array([0.05, 0.0, 0.2]), contacts
    )
    return TrackFit(evidence, body, betas, FitOptions())


def test_the_gradient_is_the_numeric_one(disturbed):
    random = np.random.default_rng(1)
    coefficients = random.normal(0, 0.02, (disturbed._basis.size, OFFSET_COUNT))
    gradient, _ = disturbed.linearise(disturbed.state(coefficients))
    for _ in range(8):
        direction = random.normal(size=coefficients.shape)
        ends = [disturbed.state(coefficients + sign * 1e-6 * direction).energy for sign in (1, -1)]
        assert (gradient * direction).sum() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4)


def test_near_the_best_place_the_curvature_is_the_numeric_one(moving, body, view):
    rotmat, betas, pelvis, landmarks = moving
    evidence = track_fit_evidence(perfect_track(landmarks, view), view, rotmat, pelvis, np.zeros((len(rotmat), 4)))
    # At the truth nothing is left of what Gauss and Newton leave out, but for the acceleration.
    fit = TrackFit(evidence, body, betas, replace(FitOptions(), acceleration=0.0))
    start = np.zeros((fit._basis.size, OFFSET_COUNT))
    state = fit.state(start)
    _, blocks = fit.linearise(state)
    random = np.random.default_rng(2)
    for _ in range(4):
        direction = random.normal(size=start.shape)
        energies = [fit.state(start + sign * 1e-4 * direction).energy for sign in (1, -1)]
        numeric = (sum(energies) - 2 * state.energy) / 1e-8
        product = np.einsum("kp,kpq,kq->", direction, blocks[:, 0], direction)
        for offset in range(1, blocks.shape[1]):
            pairs = direction[:-offset], blocks[:-offset, offset], direction[offset:]
            product += 2 * np.einsum("kp,kpq,kq->", *pairs)
        assert product == pytest.approx(numeric, rel=2e-2)


def test_it_never_ends_worse_than_it_began(disturbed):
    start = disturbed.state(np.zeros((disturbed._basis.size, OFFSET_COUNT)))
    assert disturbed.solve().energy < start.energy


def test_a_guess_that_is_turned_as_a_whole_is_turned_back():
    random = np.random.default_rng(4)
    target, weight = random.normal(size=(7, 5, 3)), random.uniform(0.1, 1, (7, 5))
    turned = target @ rotvec_to_rotmat(np.array([0.2, -0.4, 0.1]))
    np.testing.assert_allclose(turn_onto(turned, target, weight), target, atol=1e-12)


def test_a_mirrored_guess_is_turned_and_never_mirrored():
    points = np.random.default_rng(5).normal(size=(4, 6, 3))
    turned = turn_onto(points, points * [-1, 1, 1], np.ones((4, 6)))
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(points, axis=-1))
    rotation = np.linalg.lstsq(points.reshape(-1, 3), turned.reshape(-1, 3), rcond=None)[0]
    assert np.linalg.det(rotation) == pytest.approx(1)
