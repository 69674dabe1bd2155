import numpy as np
import pytest

from core.decomposed_estimator import (
    PIECE_MARGIN,
    DecomposedEstimator,
    TemporalPrior,
    blend_weights,
    piece_bounds,
    window_starts,
)
from core.errors import OptionError
from core.evidence import Evidence
from core.models.engine import load_network


class FeatureLifter:
    """Copies the first number of the evidence into all features; records the batches it was given."""

    name, engine, device, weights_sha256 = "lifter", "test", "cpu", ""

    def __init__(self):
        self.batches = []

    def run(self, inputs):
        values = inputs["evidence"]
        self.batches.append(len(values))
        count = len(values)
        features = np.broadcast_to(values[:, :1, None], (count, 24, 128)).astype(np.float32)
        return {
            "pose_features": features,
            "weak_camera": values[:, :3],
            "betas": values[:, :10],
            "rot6d": np.full((count, 24, 6), -1, np.float32),
        }


class FeatureCopier:
    """Gives the feature itself as the rotation; records the sequences it was given."""

    name, engine, device, weights_sha256 = "temporal", "test", "cpu", ""

    def __init__(self):
        self.sequences = []

    def run(self, inputs):
        features = inputs["pose_features"]
        self.sequences += [sequence[:, 0, 0].tolist() for sequence in features]
        return {"rot6d": features[..., :6].copy()}


def evidence_of(frame_ids):
    count = len(frame_ids)
    values = np.repeat(np.asarray(frame_ids, np.float32)[:, None], 201, axis=1)
    return Evidence(values, np.zeros((count, 2)), np.ones(count))


def test_every_row_gets_its_own_result_over_the_whole_track():
    frame_ids = np.arange(30)
    temporal = FeatureCopier()
    sequence = DecomposedEstimator(FeatureLifter(), temporal).estimate(evidence_of(frame_ids), frame_ids, 30.0)
    assert np.array_equal(sequence.rot6d[:, 0, 0], frame_ids)
    assert (sequence.rot6d_per_frame == -1).all()
    assert sequence.betas.shape == (30, 10) and sequence.weak_camera.shape == (30, 3)
    assert temporal.sequences == [list(range(30))]


def test_short_gaps_are_interpolated_and_long_gaps_start_anew():
    frame_ids = np.array([0, 1, 4, 5, 50, 51])
    temporal = FeatureCopier()
    sequence = DecomposedEstimator(FeatureLifter(), temporal).estimate(evidence_of(frame_ids), frame_ids, 30.0)
    assert np.array_equal(sequence.rot6d[:, 0, 0], frame_ids)
    assert temporal.sequences == [[0, 1, 2, 3, 4, 5], [50, 51]]


@pytest.mark.parametrize("frame_count", [1, 2, 15, 16, 17, 23, 24, 100])
def test_windows_cover_every_frame_of_any_track(frame_count):
    frame_ids = np.arange(frame_count)
    temporal = FeatureCopier()
    sequence = DecomposedEstimator(FeatureLifter(), temporal).estimate(evidence_of(frame_ids), frame_ids, 30.0, 16)
    assert np.allclose(sequence.rot6d[:, 0, 0], frame_ids)
    assert {len(window) for window in temporal.sequences} == {min(16, frame_count)}


def test_windows_overlap_by_half_and_end_with_the_track():
    assert window_starts(40, 16) == [0, 8, 16, 24]
    assert window_starts(41, 16) == [0, 8, 16, 24, 25]
    assert window_starts(17, 16) == [0, 1]
    weights = blend_weights(16)
    assert (weights > 0).all() and np.array_equal(weights, weights[::-1])


def test_without_a_temporal_network_the_frames_speak_for_themselves():
    frame_ids = np.arange(3)
    sequence = DecomposedEstimator(FeatureLifter(), None).estimate(evidence_of(frame_ids), frame_ids, 30.0)
    assert np.array_equal(sequence.rot6d, sequence.rot6d_per_frame)


def test_long_tracks_go_through_the_lifter_in_parts():
    frame_ids = np.arange(2500)
    lifter = FeatureLifter()
    sequence = DecomposedEstimator(lifter, None).estimate(evidence_of(frame_ids), frame_ids, 30.0)
    assert lifter.batches == [1024, 1024, 452]
    assert np.array_equal(sequence.betas[:, 0], frame_ids)


def test_a_window_of_one_frame_is_refused():
    with pytest.raises(OptionError):
        DecomposedEstimator(FeatureLifter(), FeatureCopier()).estimate(evidence_of([0, 1]), np.arange(2), 30.0, 1)


def outputs_of(count):
    features = np.broadcast_to(np.arange(count, dtype=np.float32)[:, None, None], (count, 24, 128))
    return {
        "pose_features": features,
        "rot6d": np.zeros((count, 24, 6)),
        "betas": np.zeros((count, 10)),
        "weak_camera": np.zeros((count, 3)),
    }


def test_a_segment_is_led_in_by_its_own_first_frames_mirrored():
    copier = FeatureCopier()
    frame_ids = np.concatenate([np.arange(5), np.arange(100, 103)])
    sequence = TemporalPrior(copier, warmup_frames=3).apply(outputs_of(8), frame_ids, 30.0)
    assert copier.sequences == [[3, 2, 1, 0, 1, 2, 3, 4], [7, 6, 5, 6, 7]]
    assert sequence.rot6d[:, 0, 0].tolist() == list(range(8))


def test_windows_are_not_led_in():
    copier = FeatureCopier()
    TemporalPrior(copier, warmup_frames=3).apply(outputs_of(6), np.arange(6), 30.0, 4)
    assert copier.sequences == [[0, 1, 2, 3], [2, 3, 4, 5]]


def test_pieces_cover_every_row_once_and_see_beyond_their_own():
    for count in (1, 1023, 4096, 5120, 5121, 9000, 20000):
        bounds = piece_bounds(count)
        assert np.concatenate([np.arange(count)[kept] for kept, _ in bounds]).tolist() == list(range(count))
        assert all(seen.start <= kept.start < kept.stop <= seen.stop for kept, seen in bounds)
        assert all(seen.stop - kept.stop == PIECE_MARGIN or seen.stop == count for kept, seen in bounds)


def test_a_track_in_pieces_is_nearly_the_same_as_in_one(monkeypatch):
    rng = np.random.default_rng(2)
    count = 2600
    values = (np.cumsum(rng.normal(0, 0.005, (count, 201)), axis=0) + rng.normal(0, 0.3, 201)).astype(np.float32)
    evidence = Evidence(values, np.zeros((count, 2)), np.ones(count))
    estimator = DecomposedEstimator(load_network("open_lifter"), load_network("open_temporal"))
    whole = estimator.estimate(evidence, np.arange(count), 30.0)
    monkeypatch.setattr("core.decomposed_estimator.FRAMES_PER_PIECE", 600)
    pieces = estimator.estimate(evidence, np.arange(count), 30.0)
    np.testing.assert_allclose(pieces.rot6d_per_frame, whole.rot6d_per_frame, atol=1e-4)
    np.testing.assert_allclose(pieces.rot6d, whole.rot6d, atol=0.02 * np.abs(whole.rot6d).max())
