"""The contact network over a track: rows get their own probabilities, and a long gap starts anew."""

from dataclasses import replace

import numpy as np
import pytest

from core.body_model import load_open_body
from core.contact_estimator import ContactEstimator
from core.contact_features import CONTACT_RATE_HZ
from core.models.engine import load_network
from core.tracks import Track


class FakeNetwork:
    """Says of each leg whether its heel is below the middle of the picture; remembers how long its input was."""

    name, engine, device, weights_sha256 = "fake", "torch", "cpu", ""

    def __init__(self):
        self.lengths = []

    def run(self, inputs):
        features = inputs["contact_features"]
        self.lengths.append(features.shape[1])
        ramp = np.linspace(-4, 4, features.shape[1], dtype=np.float32)
        logits = np.stack([ramp, -ramp], axis=-1)
        return {"logits": np.stack([logits, 2 * logits])}


def track_of(frame_ids, rate_hz):
    rng = np.random.default_rng(0)
    count = len(frame_ids)
    return Track(
        frame_ids=np.asarray(frame_ids),
        timestamps=np.asarray(frame_ids) / rate_hz,
        keypoints2d_px=rng.normal(size=(count, 33, 2)) * 100,
        world_landmarks=rng.normal(size=(count, 33, 3)),
        visibility=np.ones((count, 33)),
        bbox_px=np.tile([0.0, 0.0, 100.0, 100.0], (count, 1)),
        presence=np.ones(count),
    )


@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_rows_have_the_probabilities_of_their_own_time(rate_hz):
    frame_ids = np.arange(int(rate_hz) + 1)
    network = FakeNetwork()
    contacts = ContactEstimator(network).estimate(track_of(frame_ids, rate_hz), rate_hz)
    assert contacts.shape == (len(frame_ids), 4) and network.lengths == [31]
    expected = 1 / (1 + np.exp(-np.linspace(-4, 4, len(frame_ids))))
    assert np.allclose(contacts[:, 0], expected, atol=1e-5)
    assert np.allclose(contacts[:, 1], 1 - expected, atol=1e-5)
    assert (contacts[:5, 2] < contacts[:5, 0]).all()


def test_a_long_gap_starts_anew():
    frame_ids = np.concatenate([np.arange(20), np.arange(200, 240)])
    network = FakeNetwork()
    ContactEstimator(network).estimate(track_of(frame_ids, CONTACT_RATE_HZ), CONTACT_RATE_HZ)
    assert network.lengths == [20, 40]


def test_one_frame_and_the_shipped_network():
    estimator = ContactEstimator(load_network("open_contacts", engine="torch"))
    contacts = estimator.estimate(track_of([7], 30.0), 30.0)
    assert contacts.shape == (1, 4) and ((contacts >= 0) & (contacts <= 1)).all()


def test_somebody_who_stands_still_stands():
    times_s = np.arange(60) / 30
    track = track_of(np.arange(60), 30.0)
    body = load_open_body().pose_landmarks(np.eye(3)[None, None].repeat(24, 1), np.zeros(10), np.zeros((1, 3)))[0]
    world = np.broadcast_to(body * [1.0, -1.0, -1.0], (60, 33, 3)).astype(np.float64)
    still = replace(track, world_landmarks=world, keypoints2d_px=world[..., :2] * 300 + 500)
    estimator = ContactEstimator(load_network("open_contacts", engine="torch"))
    assert (estimator.estimate(still, 30.0) > 0.8).all()
    lifted = world.copy()
    lifted[:, [25, 27, 29, 31], 1] -= 0.4 * np.abs(np.sin(2 * np.pi * times_s))[:, None]
    stepping = replace(track, world_landmarks=lifted, keypoints2d_px=lifted[..., :2] * 300 + 500)
    contacts = estimator.estimate(stepping, 30.0)
    assert contacts[:, 2:].mean() > 0.8
    assert contacts[10:20, :2].mean() < 0.5
