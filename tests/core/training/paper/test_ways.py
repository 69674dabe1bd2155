"""Ways of estimating: windows end to end and blended, against the estimate path's own blending, and smoothed."""

import numpy as np
import pytest
import torch

from core.decomposed_estimator import TemporalPrior
from core.models.encoders import EncoderConfig
from core.models.pare_temporal import PareTemporalEstimator
from core.smoothing import smooth_rot6d
from core.training.paper.ways import WINDOWS_PER_CALL, Way, estimate_run


@pytest.fixture(scope="module")
def estimator():
    torch.manual_seed(4)
    return PareTemporalEstimator(EncoderConfig(hidden_size=4)).eval().requires_grad_(False)


class Engine:
    """The estimator behind the estimate path's interface."""

    def __init__(self, estimator):
        self._estimator = estimator

    def run(self, inputs):
        features = torch.from_numpy(np.asarray(inputs["pose_features"], np.float32))
        return {"rot6d": self._estimator(features).rot6d.numpy()}


def outputs_of(features):
    count = len(features)
    return {
        "pose_features": features.numpy(), "rot6d": np.zeros((count, 24, 6), np.float32),
        "betas": np.zeros((count, 10), np.float32), "weak_camera": np.zeros((count, 3), np.float32),
    }  # fmt: skip


@pytest.mark.parametrize("frame_count", [8, 16, 40, 4 * WINDOWS_PER_CALL + 16])
def test_blended_windows_are_those_of_the_estimate_path(estimator, frame_count):
    features = torch.rand(frame_count, 24, 128)
    ours = Way(estimator, 8, is_blended=True).estimate(features, 30.0).rot6d
    prior = TemporalPrior(Engine(estimator))
    theirs = prior.apply(outputs_of(features), np.arange(frame_count), 30.0, window=8).rot6d
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-6)


def test_blending_closes_the_seams_between_windows(estimator):
    features = torch.rand(1, 24, 128).expand(32, -1, -1)
    end_to_end, blended = (Way(estimator, 8, is_blended=b).estimate(features, 30.0).rot6d for b in (False, True))
    # Every window starts from a zero state, so on a still picture the estimate jumps at each start.
    jumps = [(values[8] - values[7]).norm() for values in (end_to_end, blended)]
    assert jumps[1] < 0.5 * jumps[0]
    torch.testing.assert_close(end_to_end[:8], end_to_end[8:16])


def test_shapes_are_blended_too():
    class Output:
        def __init__(self, features):
            # The place in the window is what this network says.
            place = torch.arange(features.shape[1], dtype=torch.float32)[None, :, None].expand(len(features), -1, 10)
            self.betas, self.rot6d = place, torch.zeros(*features.shape[:2], 24, 6)

    betas = Way(Output, 4, is_blended=True).estimate(torch.rand(8, 24, 128), 30.0).betas[:, 0]
    # Windows start at 0, 2 and 4 and weigh 1, 2, 2, 1: e.g. frame 2 is (2 * 2 + 1 * 0) / 3.
    torch.testing.assert_close(betas, torch.tensor([0, 1, 4 / 3, 5 / 3, 4 / 3, 5 / 3, 2, 3]))


def test_smoothing_is_that_of_the_estimate_path(estimator):
    features = torch.rand(30, 24, 128)
    plain = estimate_run(estimator, features, "track")
    smoothed = Way(estimator, is_smoothed=True).estimate(features, 25.0)
    expected = smooth_rot6d(plain.rot6d.double().numpy(), np.arange(30), 25.0)
    np.testing.assert_allclose(smoothed.rot6d.numpy(), expected, atol=1e-6)
    assert smoothed.betas.diff(dim=0).abs().mean() < 0.5 * plain.betas.diff(dim=0).abs().mean()
