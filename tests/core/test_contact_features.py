"""The contact network's input: the same feet in another unit, another place, at another rate or mirrored read alike."""

import numpy as np
import pytest

from core.contact_features import CONTACT_FEATURE_SIZE, contact_features, contact_times
from core.skeleton import MIRROR_LANDMARKS


def walk(times_s):
    """Return (T, 33, 2), (T, 33, 3) and (T, 33) of something that swings its landmarks, smooth in time."""
    rng = np.random.default_rng(0)
    place, phase = rng.normal(size=(33, 3)) * 0.4, rng.uniform(0, 6, size=(33, 1))
    world = place + 0.1 * np.sin(2 * np.pi * times_s[:, None, None] + phase)
    points = world[..., :2] * 200 + 500 + 30 * times_s[:, None, None]
    return points, world, np.broadcast_to(rng.uniform(size=33), points.shape[:2]).copy()


TIMES_S = np.arange(61) / 30


def test_shape_and_unit_and_place_do_not_matter():
    points, world, seen = walk(TIMES_S)
    features = contact_features(points, world, seen, TIMES_S)
    assert features.shape == (61, 2, CONTACT_FEATURE_SIZE) and np.isfinite(features).all()
    moved = contact_features(3.7 * points + 41, world + 2.0, seen, TIMES_S)
    assert np.allclose(features, moved, atol=1e-4)


def test_a_mirrored_person_has_the_other_legs_features():
    points, world, seen = walk(TIMES_S)
    order = list(MIRROR_LANDMARKS)
    mirrored = contact_features((points * [-1, 1])[:, order], (world * [-1, 1, 1])[:, order], seen[:, order], TIMES_S)
    assert np.allclose(mirrored[:, ::-1], contact_features(points, world, seen, TIMES_S), atol=1e-5)


@pytest.mark.parametrize("rate_hz", [24.0, 60.0, 120.0])
def test_any_frame_rate_reads_alike(rate_hz):
    times_s = np.arange(int(2 * rate_hz) + 1) / rate_hz
    features = contact_features(*walk(times_s), times_s)
    expected = contact_features(*walk(TIMES_S), TIMES_S)
    assert len(features) == len(contact_times(times_s)) == 61
    assert np.abs(features - expected)[3:-3].max() < 0.12


def test_a_batch_axis_after_the_time_changes_nothing():
    points, world, seen = walk(TIMES_S)
    batch = contact_features(*(np.stack([values, 2 * values], axis=1) for values in (points, world, seen)), TIMES_S)
    assert np.allclose(batch[:, 0], contact_features(points, world, seen, TIMES_S), atol=1e-6)


def test_one_frame_is_enough():
    points, world, seen = (values[:1] for values in walk(TIMES_S))
    assert contact_features(points, world, seen, TIMES_S[:1]).shape == (1, 2, CONTACT_FEATURE_SIZE)
