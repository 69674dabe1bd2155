import json

import numpy as np
import pytest

from core.body_model import BodyModel
from core.decomposed_estimator import PoseSequence
from core.rotations import rotmat_to_rot6d
from core.training import evaluate as evaluation
from core.training.evaluate import Estimates, below_best_raw, estimator_rows, evaluate, raw_rows
from core.training.open_preset import OpenPreset
from core.training.stage import validation_views
from core.training.train import train


@pytest.fixture(scope="module")
def views(library, torch_body):
    return validation_views(library, torch_body, 40, 6)


def sequences_of(views, rotmat):
    """Sequences that hold given rotations and the true shape, as if networks had said so."""
    return [
        PoseSequence(rotmat_to_rot6d(r), rotmat_to_rot6d(r), betas, np.zeros((len(r), 3)))
        for r, betas in zip(rotmat, views.betas.numpy(), strict=True)
    ]


def test_the_truth_scores_almost_nothing_and_moves_as_the_truth(views, body_file):
    estimates = Estimates([], sequences_of(views, views.rotmat.numpy()), [])
    rows = {row.name: row.errors for row in estimator_rows(views, estimates, BodyModel(body_file))}
    assert rows["lifter + GRUs"].mpjpe_mm < 0.01
    assert rows["lifter + GRUs"].acc_ratio == pytest.approx(1.0, abs=1e-3)
    smoothed = [errors for name, errors in rows.items() if name.startswith("lifter + GRUs, ")]
    assert smoothed[0].mpjpe_mm < 10 and smoothed[0].acc_ratio > 0.6


def test_a_frozen_body_is_found_out(views, body_file):
    frozen = np.broadcast_to(views.rotmat.numpy()[:, :1], views.rotmat.shape)
    estimates = Estimates([], sequences_of(views, frozen), [])
    rows = estimator_rows(views, estimates, BodyModel(body_file))
    assert max(row.errors.acc_ratio for row in rows) < 1e-3


def test_smoothing_helps_raw_landmarks(views):
    rows = raw_rows(views)
    assert len(rows) == 4
    assert rows[1].errors.acc_error_mm_per_frame2 < 0.5 * rows[0].errors.acc_error_mm_per_frame2
    assert below_best_raw([*rows, rows[0]]) < 0


def test_the_benchmark_is_the_same_every_time(library, torch_body, views):
    again = validation_views(library, torch_body, 40, 6)
    assert np.array_equal(again.keypoints2d.numpy(), views.keypoints2d.numpy())


def test_the_command_prints_a_table_and_writes_json(motion_file, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation, "FRAME_COUNT", 40)
    monkeypatch.setattr(evaluation, "WINDOW_COUNT", 2)
    train([motion_file], tmp_path, OpenPreset(minutes=0.0, iterations=1), report=lambda _: None)
    table = evaluate(motion_file, tmp_path, tmp_path / "table.json")
    assert "raw landmarks" in table and "lifter + GRUs" in table and "Root:" in table
    result = json.loads((tmp_path / "table.json").read_text())
    assert len(result["rows"]) == 10
    assert list(result["rows"])[-2:] == ["estimate --root weak", "estimate --root refined"]
    assert set(result["places"]) == {"weak", "refined"}
    assert set(result["root"]) >= {"jitter_mm_per_frame2", "position_mm"}
