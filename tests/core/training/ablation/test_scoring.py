import numpy as np
import pytest

from core.models.encoders import EncoderConfig
from core.training.ablation.clip_estimator import ClipEstimator
from core.training.ablation.scoring import feature_residual_rms, lifter_as_it_is, score, scored_views, validate
from core.training.evaluation.benchmark import Benchmark, make_benchmark


@pytest.fixture(scope="module")
def views(library, torch_body, tiny_lifter):
    benchmark = make_benchmark(library, torch_body, ("",) * 6, frame_count=40, window_count=2)
    return scored_views(Benchmark(benchmark.views, ("dance", "walking")), tiny_lifter)


def test_without_an_encoder_cutting_into_windows_changes_nothing_but_the_length(views, materials):
    scores = score(lifter_as_it_is(materials.lifter), {"val": views}, materials.lifter, materials.body, 20)["val"]
    assert scores["track"]["mpjpe_mm"] == pytest.approx(scores["windows"]["mpjpe_mm"], rel=1e-5)
    assert scores["track"]["acc_error"] == pytest.approx(scores["windows"]["acc_error"], rel=1e-4)


def test_every_part_is_scored(views, materials):
    network = ClipEstimator(EncoderConfig(hidden_size=4), materials.lifter).eval()
    scores = score(network, {"val": views, "test": views}, materials.lifter, materials.body, 16)
    assert set(scores["val"]) == {"track", "windows", "dance", "the rest", "held_joints_mm"}
    assert "held_joints_mm" not in scores["test"]
    assert scores["val"]["track"]["mpjpe_mm"] == pytest.approx(
        np.mean([scores["val"][group]["mpjpe_mm"] for group in ("dance", "the rest")])
    )
    accuracy, smoothness = validate(network, views, materials.body)
    assert accuracy == pytest.approx(scores["val"]["track"]["pa_mpjpe_mm"])
    assert smoothness == pytest.approx(scores["val"]["track"]["acc_error"])


def test_the_residual_of_no_encoder_is_zero(views, materials):
    assert feature_residual_rms(lifter_as_it_is(materials.lifter), views) == 0
