import numpy as np
import pytest

from core.body_model import BodyModel
from core.rotations import rotmat_to_rot6d
from core.training.evaluation.estimates import (
    RawEstimates,
    estimate_tracks,
    pose_estimates,
    pose_rotations,
    posed_surface,
    true_tracks,
)
from core.training.trained_networks import load_estimator


@pytest.fixture
def body(body_file):
    return BodyModel(body_file)


def test_the_true_rotations_give_the_true_landmarks(benchmark_views, body):
    truth = true_tracks(benchmark_views.views)
    posed = pose_rotations(truth.rotmat, truth.betas, body)
    # The simulator's pelvis is the origin; the body's is its rest pelvis.
    shift = np.stack([body.rest_joints(betas)[0] for betas in truth.betas])
    assert np.allclose(posed.landmarks - shift[:, None, None], truth.landmarks, atol=1e-4)


def test_smoothing_takes_jitter_out_and_no_cutoff_leaves_it(benchmark_views, body):
    truth = true_tracks(benchmark_views.views)
    rot6d = rotmat_to_rot6d(truth.rotmat)
    jittered = rot6d + 0.02 * np.random.default_rng(0).normal(size=rot6d.shape)
    raw = RawEstimates(jittered, jittered, truth.betas, 30.0)
    plain, smoothed = (pose_estimates(raw, "prior", body, cutoff) for cutoff in (None, 3.0))
    jitter = [np.abs(np.diff(posed.landmarks, n=2, axis=1)).mean() for posed in (plain, smoothed)]
    assert jitter[1] < 0.5 * jitter[0]


def test_tracks_have_one_shape_and_two_stages(benchmark_views, untrained_weights):
    raw = estimate_tracks(benchmark_views.views, load_estimator(untrained_weights), 16)
    count, frames = benchmark_views.views.visibility.shape[:2]
    assert raw.per_frame.shape == raw.prior.shape == (count, frames, 24, 6)
    assert raw.betas.shape == (count, 10)


def test_surfaces_take_every_nth_frame(benchmark_views, body):
    truth = true_tracks(benchmark_views.views)
    surface = posed_surface(truth, body, 20)
    assert surface.shape == (4, 2, 6990, 3)
    whole = body.pose_vertices(truth.rotmat[1].astype(np.float32), truth.betas[1], np.zeros((40, 3), np.float32))
    assert np.allclose(surface[1], whole[::20], atol=1e-6)
