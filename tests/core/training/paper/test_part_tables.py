"""The tables of one part: each column against numbers that are known, and what no part can have stays empty."""

import dataclasses

import numpy as np
import pytest
import torch

from core.training.datasets.feature_cache import FeatureCache
from core.training.datasets.sequence import Sequence
from core.training.evaluation.protocols import correct_joints
from core.training.paper import part_tables
from core.training.paper.part_tables import COLUMNS, draw_first_path, estimate_all
from core.training.paper.score_table import backbone_alone, per_frame_ways, temporal_ways
from core.training.paper.scoring import TestSet, actions_of
from core.training.paper.train_paper import load_bodies
from core.training.paper.ways import Estimate
from core.training.torch_rotations import rotmat_to_rot6d, rotvec_to_rotmat
from tests.core.training.paper import tiny_run

ANGLE_DEG = 10.0


@pytest.fixture(scope="module")
def bodies(tiny_root):
    return load_bodies(tiny_run.files(tiny_root, tiny_root), "cpu")


def make_test_set(root, bodies, part):
    sequences = FeatureCache(root / "cache", tiny_run.HASH).load(*part.split("/"))
    return TestSet(part, sequences, bodies.joints, 8, "cpu")


@pytest.fixture(scope="module")
def threedpw(tiny_root, bodies):
    return make_test_set(tiny_root, bodies, "3dpw/test")


@pytest.fixture(scope="module")
def mpi(tiny_root, bodies):
    return make_test_set(tiny_root, bodies, "mpi_inf_3dhp/test")


def turned_truth(run):
    """The true poses with the left elbow turned by a known angle."""
    rotmat = rotvec_to_rotmat(run.poses)
    rotmat[:, 18] = rotmat[:, 18] @ rotvec_to_rotmat(torch.tensor([0.0, 0.0, np.deg2rad(ANGLE_DEG)]).float())
    return Estimate(rotmat_to_rot6d(rotmat), run.betas.expand(len(rotmat), -1))


def row_of(table, name):
    return dict(zip(table.columns, dict(table.rows)[name], strict=True))


def test_a_turned_elbow_is_seen_by_its_angle_its_wrist_and_the_surface(threedpw, bodies):
    estimates = {"turned": [turned_truth(run) for run in threedpw.runs]}
    scores, by_joint, _, angles = part_tables.part_tables(threedpw, estimates, bodies.surface)
    row = row_of(scores, "turned")
    assert row["angle"] == pytest.approx(ANGLE_DEG / 21, rel=1e-3)
    assert row["MPJPE"] > 0 and row["PVE"] > 0
    assert (row["PCK"], row["AUC"]) == (None, None)
    assert dict(angles.rows)["left_elbow"][0] == pytest.approx(ANGLE_DEG, rel=1e-3)
    assert dict(angles.rows)["right_elbow"][0] == pytest.approx(0, abs=0.05)
    assert angles.title.startswith("3dpw/test: By joint")
    errors = {name: cells[0] for name, cells in by_joint.rows}
    assert len(errors) == 14
    assert np.mean(list(errors.values())) == pytest.approx(row["MPJPE"])


def test_mpi_s_test_set_gets_its_own_figures(mpi, bodies):
    ways = per_frame_ways("backbone", backbone_alone(tiny_run.stand_in_pare()))
    estimates = estimate_all(mpi, ways)
    scores, by_joint, by_action = part_tables.part_tables(mpi, estimates, bodies.surface)
    row = row_of(scores, "backbone, per frame")
    expected = correct_joints(mpi.joints(estimates["backbone, per frame"])[0], mpi.runs[0].true_joints, (14,))
    assert (row["PCK"], row["AUC"]) == (expected.pck, expected.auc)
    assert 0 < row["PCK"] < 100
    assert (row["PVE"], row["angle"]) == (None, None)
    assert [name for name, _ in by_joint.rows][-3:] == ["pelvis", "spine", "head"]
    assert dict(by_joint.rows)["pelvis"] == (0.0, 0.0)
    assert set(scores.columns) == set(COLUMNS)
    assert by_action.columns == ("stand or walk (16)",)
    expected_text = f"{row['PA-MPJPE']:.1f} / {row['MPJPE']:.1f}"
    assert dict(by_action.rows)["backbone, per frame"] == (expected_text,)


def test_actions_are_told_by_number_or_by_the_recordings_name():
    frame_ids = np.arange(4)
    numbered = Sequence("mpi_inf_3dhp", "TS1", "test", frame_ids, None, activities=np.array([1, 5, 7, 99]))
    assert actions_of(numbered, slice(0, 4)).tolist() == ["stand or walk", "on the floor", "other", "other"]
    named = Sequence("3dpw", "downtown_runForBus_01/person0", "test", frame_ids, None)
    assert actions_of(named, slice(1, 3)).tolist() == ["runForBus", "runForBus"]


def test_smoothing_calms_the_backbone(threedpw, bodies):
    shaken = [dataclasses.replace(run, features=torch.rand(run.features.shape)) for run in threedpw.runs]
    test_set = TestSet.__new__(TestSet)
    test_set.__dict__ |= threedpw.__dict__ | {"runs": shaken}
    ways = per_frame_ways("backbone", backbone_alone(tiny_run.stand_in_pare()))
    scores = part_tables.part_tables(test_set, estimate_all(test_set, ways), bodies.surface)[0]
    accelerations = [row_of(scores, name)["ACC"] for name in ("backbone, per frame", "backbone, per frame, smoothed")]
    assert accelerations[1] < 0.5 * accelerations[0]


def test_windows_are_rows_of_both_kinds():
    assert list(temporal_ways("trained", None, 16)) == [
        "trained, windows of 16, end to end", "trained, windows of 16, blended", "trained, whole track",
    ]  # fmt: skip


def test_figure_3_follows_the_shoulder_of_the_first_run(threedpw, mpi, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        part_tables, "draw_joint_path", lambda *arguments, **options: drawn.append((arguments, options))
    )
    for test_set, shoulder, root in ((threedpw, 8, (2, 3)), (mpi, 2, (14,))):
        ways = per_frame_ways("backbone", backbone_alone(tiny_run.stand_in_pare()))
        estimates = estimate_all(test_set, ways)
        draw_first_path(test_set, estimates, tmp_path, print)
        (panels, truth, path), options = drawn.pop()
        assert list(panels) == list(ways) and path == tmp_path / "figure_3.png"
        joints = test_set.runs[0].true_joints
        np.testing.assert_allclose(truth[:, 12], joints[:, shoulder] - joints[:, root].mean(axis=1))
        assert options["frame_rate_hz"] == test_set.frame_rate_hz


def test_without_matplotlib_the_tables_come_all_the_same(threedpw, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise part_tables.EngineError("Drawing needs matplotlib, which is not installed.")

    monkeypatch.setattr(part_tables, "draw_joint_path", fail)
    said = []
    estimates = {"turned": [turned_truth(run) for run in threedpw.runs]}
    draw_first_path(threedpw, estimates, tmp_path, said.append)
    assert said == ["figure_3.png is not drawn: Drawing needs matplotlib, which is not installed."]
