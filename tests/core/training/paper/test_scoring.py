"""Scores under the published protocols: zero for the truth, gaps never bridged, windows that do not see each other."""

import dataclasses

import numpy as np
import pytest
import torch

from core.errors import MotionDataError
from core.models.encoders import EncoderConfig
from core.models.pare_temporal import PareTemporalEstimator, PareTemporalOutput
from core.training.datasets.feature_cache import FeatureCache
from core.training.paper.part_tables import vertex_errors_mm
from core.training.paper.score_table import backbone_alone
from core.training.paper.scoring import TestSet
from core.training.paper.train_paper import load_bodies
from core.training.paper.ways import Way, estimate_run
from core.training.torch_rotations import rotmat_to_rot6d, rotvec_to_rotmat
from tests.core.training.paper import tiny_run


@pytest.fixture(scope="module")
def bodies(tiny_root):
    return load_bodies(tiny_run.files(tiny_root, tiny_root), "cpu")


@pytest.fixture(scope="module")
def sequences(tiny_root):
    return FeatureCache(tiny_root / "cache", tiny_run.HASH).load("3dpw", "test")


@pytest.fixture(scope="module")
def test_set(sequences, bodies):
    made = TestSet("3dpw/test", sequences, bodies.joints, 8, "cpu")
    # The generated pictures are all alike; the oracle below knows frames by their features.
    made.runs = [dataclasses.replace(run, features=torch.rand(run.features.shape)) for run in made.runs]
    return made


class Oracle:
    """Knows the pose of each frame by its features."""

    def __init__(self, test_set):
        self.known = [(run.features, rotmat_to_rot6d(rotvec_to_rotmat(run.poses)), run.betas) for run in test_set.runs]

    def __call__(self, features):
        for known, rot6d, betas in self.known:
            if torch.equal(known, features.flatten(0, 1)):
                shape = features.shape[:2]
                poses, shapes = rot6d.unflatten(0, shape), betas.expand(*shape, -1)
                return PareTemporalOutput(features, poses, torch.zeros(*shape, 3), shapes)
        raise AssertionError("unknown frames")


@pytest.mark.parametrize("window", ["track", 8])
def test_the_truth_scores_zero(test_set, bodies, window):
    scores = test_set.scores(Oracle(test_set), window)
    assert scores.mpjpe_mm == pytest.approx(0, abs=1e-3)
    assert scores.pa_mpjpe_mm == pytest.approx(0, abs=1e-3)
    assert scores.acc == pytest.approx(scores.true_acc)
    estimates = {"oracle": test_set.estimate(Way(Oracle(test_set), window))}
    assert vertex_errors_mm(test_set, estimates, bodies.surface) == {"oracle": pytest.approx(0, abs=1e-3)}


def test_a_larger_body_is_seen_by_mpjpe_but_hardly_by_procrustes(test_set):
    oracle = Oracle(test_set)
    oracle.known = [(features, rot6d, betas + 3) for features, rot6d, betas in oracle.known]
    scores = test_set.scores(oracle, "track")
    assert scores.mpjpe_mm > scores.pa_mpjpe_mm > 1


def test_runs_end_at_gaps_and_hold_whole_windows(test_set, sequences):
    # Person 0: rows 0..9 and 13..29; person 1: 0..4 and 7..29.
    assert [len(run.features) for run in test_set.runs] == [8, 16, 16]
    assert [len(sequence.frame_ids) for sequence in sequences] == [27, 28]


def test_windows_do_not_see_each_other_and_a_track_sees_its_past():
    estimator = PareTemporalEstimator(EncoderConfig(hidden_size=4)).eval()
    features = torch.rand(16, 24, 128)
    changed = torch.cat([torch.rand(8, 24, 128), features[8:]])
    in_windows = [estimate_run(estimator, values, 8).rot6d[8:] for values in (features, changed)]
    assert torch.equal(*in_windows)
    in_tracks = [estimate_run(estimator, values, "track").rot6d[8:] for values in (features, changed)]
    assert not torch.equal(*in_tracks)


def test_the_backbone_alone_is_pare_s_head():
    pare = tiny_run.stand_in_pare()
    features = torch.rand(2, 5, 24, 128)
    output = backbone_alone(pare)(features)
    torch.testing.assert_close(output.rot6d, pare.head.pose_mlp(features))
    camera, betas = pare.head.camera_shape(pare.head.camera_shape_features(features))
    torch.testing.assert_close(output.weak_camera, camera)
    torch.testing.assert_close(output.betas, betas)


def test_mpi_s_test_set_is_scored_by_its_17_joints(tiny_root, bodies):
    sequences = FeatureCache(tiny_root / "cache", tiny_run.HASH).load("mpi_inf_3dhp", "test")
    tested = TestSet("mpi_inf_3dhp/test", sequences, bodies.joints, 8, "cpu")
    assert tested.runs[0].true_joints.shape == (16, 17, 3)
    np.testing.assert_allclose(tested.runs[0].true_joints, sequences[0].joints3d[:16], rtol=1e-6)
    estimator = backbone_alone(tiny_run.stand_in_pare())
    estimates = {"backbone": tested.estimate(Way(estimator))}
    assert tested.joints(estimates["backbone"])[0].shape == (16, 17, 3)
    assert vertex_errors_mm(tested, estimates, bodies.surface) == {}


def test_a_part_without_truth_or_without_whole_windows_is_refused(sequences, bodies):
    blind = [dataclasses.replace(sequence, poses=None) for sequence in sequences]
    for unusable, frames in ((blind, 8), (sequences, 25)):
        with pytest.raises(MotionDataError, match="No sequence of 3dpw/test has"):
            TestSet("3dpw/test", unusable, bodies.joints, frames, "cpu")
