"""Table 1's rows of VIBE and HMR from a generated database and seeded weights, against numpy and plain loops."""

import json

import joblib
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from core.command_line import main
from core.models.vibe import HmrNetwork, VibeEncoderConfig, VibeNetwork
from core.smpl_files import load_pose_corrections, load_smpl_file
from core.training.evaluation.metrics import point_scores
from core.training.evaluation.protocols import lsp14_joints
from core.training.paper.smpl_surface import SmplSurface
from core.training.torch_rotations import rot6d_to_rotmat
from tests.seeded_weights import seed_module
from tests.stand_in_smpl import write_smpl_files

VIDEOS = {"walk_00_0": [*range(20), *range(25, 43)], "walk_00_1": [*range(16)]}
SCORED = (slice(0, 16), slice(20, 36), slice(38, 54))
"""Rows of whole windows of 16 without a gap."""


def database():
    rng = np.random.default_rng(0)
    count = sum(map(len, VIDEOS.values()))
    time = np.arange(count)[:, None] / 10
    return {
        "vid_name": np.repeat(list(VIDEOS), [len(frames) for frames in VIDEOS.values()]),
        "frame_id": np.concatenate(list(VIDEOS.values())),
        "joints3D": np.zeros((count, 14, 3), np.float32),
        "joints2D": np.zeros((count, 14, 3), np.float32),
        "shape": np.tile(np.linspace(-1, 1, 10), (count, 1)),
        "pose": 0.3 * np.sin(time + np.arange(72)),
        "bbox": np.tile([100.0, 200.0, 80.0, 90.0], (count, 1)),
        "features": rng.uniform(0, 1, (count, 2048)).astype(np.float32),
    }


@pytest.fixture(scope="module")
def network():
    return seed_module(VibeNetwork(VibeEncoderConfig(hidden_size=8)))


@pytest.fixture(scope="module")
def hmr():
    return seed_module(HmrNetwork())


@pytest.fixture(scope="module")
def root(tmp_path_factory, network, hmr):
    """A folder with the database, VIBE's and HMR's weights, and the files of SMPL."""
    folder = tmp_path_factory.mktemp("vibe")
    write_smpl_files(folder)
    joblib.dump(database(), folder / "3dpw_test_db.pt")
    torch.save({"gen_state_dict": network.state_dict()}, folder / "vibe.pth.tar")
    published = {key.split(".", 1)[1]: value for key, value in hmr.state_dict().items()}
    torch.save({"model": published}, folder / "hmr.pth.tar")
    return folder


def evaluate(root, output, *arguments):
    files = ("--smpl", root / "SMPL_NEUTRAL.npz", "--regressors", root, "--output", output)
    return main(["evaluate-features", *map(str, (*arguments, *files))])


def scored_rows(output):
    return json.loads((output / "table.json").read_text())["tables"][0]["rows"]


def joints_of(root, rotmat, betas):
    """The slow way: the whole surface, and the regressor on it."""
    file = root / "SMPL_NEUTRAL.npz"
    vertices = SmplSurface(load_smpl_file(file), load_pose_corrections(file)).pose(rotmat, betas).numpy()
    return lsp14_joints(vertices, np.load(root / "J_regressor_h36m.npy")), vertices


@torch.no_grad()
def expected_scores(root, estimate):
    """PA-MPJPE, MPJPE, ACC, ACC ERR in both readings, and PVE of what `estimate` makes of each scored run."""
    content, predicted, true, surface = database(), [], [], []
    for rows in SCORED:
        output = estimate(torch.from_numpy(content["features"][rows]))
        joints, vertices = joints_of(root, rot6d_to_rotmat(output.rot6d), output.betas)
        poses = Rotation.from_rotvec(content["pose"][rows].reshape(-1, 3)).as_matrix().reshape(-1, 24, 3, 3)
        rotmat, betas = (torch.from_numpy(values).float() for values in (poses, content["shape"][rows]))
        true_joints, true_vertices = joints_of(root, rotmat, betas)
        predicted.append(joints)
        true.append(true_joints)
        surface.append(np.linalg.norm(vertices - true_vertices, axis=-1).mean() * 1000)
    scores = point_scores(predicted, true, (2, 3))
    return {
        "PA-MPJPE": scores.pa_mpjpe_mm, "MPJPE": scores.mpjpe_mm, "PVE": np.mean(surface), "ACC": scores.acc,
        "ACC ERR": scores.acc_error, "ACC (vibe)": scores.acc_vibe, "ACC ERR (vibe)": scores.acc_error_vibe,
    }  # fmt: skip


def assert_row(row, expected):
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-3), name


def test_vibe_s_rows_are_its_network_s_scores(root, network, tmp_path, capsys):
    weights = ("--vibe", root / "vibe.pth.tar", "--vibe-db", root / "3dpw_test_db.pt")
    assert evaluate(root, tmp_path / "out", *weights) == 0
    said = capsys.readouterr()
    assert "48 frames of 3dpw/test in 3 runs" in said.err
    assert "3dpw/test: VIBE, 14 joints; 48 frames" in said.out
    assert said.out.strip() == (tmp_path / "out" / "table.txt").read_text().strip()
    rows = scored_rows(tmp_path / "out")
    assert list(rows) == [
        "VIBE without its temporal part, per frame", "VIBE without its temporal part, per frame, smoothed",
        "VIBE, windows of 16, end to end", "VIBE, windows of 16, blended", "VIBE, whole track",
    ]  # fmt: skip

    def whole(features):
        output = network(features[None])
        return type(output)(*(values[0] for values in output))

    assert_row(rows["VIBE, whole track"], expected_scores(root, whole))
    assert_row(rows["VIBE without its temporal part, per frame"], expected_scores(root, network.regressor))
    assert rows["VIBE, whole track"]["ACC"] != rows["VIBE without its temporal part, per frame"]["ACC"]
    assert (tmp_path / "out" / "figure_3.png").stat().st_size > 1000


def test_without_its_temporal_part_vibe_is_its_regressor_alone(root, network, tmp_path):
    weights = ("--vibe", root / "vibe.pth.tar", "--vibe-db", root / "3dpw_test_db.pt", "--without-temporal")
    assert evaluate(root, tmp_path, *weights) == 0
    rows = scored_rows(tmp_path)
    assert all("without its temporal part" in name for name in rows) and len(rows) == 2
    assert_row(rows["VIBE without its temporal part, per frame"], expected_scores(root, network.regressor))


def test_hmr_s_rows_are_its_regressor_s_scores(root, hmr, tmp_path):
    assert evaluate(root, tmp_path, "--hmr", root / "hmr.pth.tar", "--vibe-db", root / "3dpw_test_db.pt") == 0
    rows = scored_rows(tmp_path)
    assert list(rows) == ["HMR, per frame", "HMR, per frame, smoothed"]
    assert_row(rows["HMR, per frame"], expected_scores(root, hmr.regressor))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--vibe", "vibe.pth.tar"), "VIBE and HMR are scored on VIBE's database of features. Name it by --vibe-db."),
        (("--weights", "w", "--vibe-db", "3dpw_test_db.pt"), "of no use with --weights. Name --vibe instead."),
        (("--weights", "w", "--without-temporal"), "of no use with --weights. Name --vibe instead."),
        (("--hmr", "h", "--vibe-db", "d", "--without-temporal"), "HMR has no temporal part to leave out."),
        (("--vibe", "v", "--vibe-db", "d", "--cache", "c"), "no use for --cache and --checkpoint, which are PARE's."),
        (("--vibe", "vibe.pth.tar", "--vibe-db", "amass_db.pt"), "holds no true SMPL poses of videos."),
        (("--vibe", "vibe.pth.tar", "--vibe-db", "3dpw_val_db.pt"), "does not hold 2048 features for each frame."),
        (("--vibe", "vibe.pth.tar", "--vibe-db", "other.pt"), "other.pt is none of VIBE's databases"),
        (("--vibe", "hmr.pth.tar", "--vibe-db", "3dpw_test_db.pt"), "hmr.pth.tar holds no weights; it holds model."),
    ],
)
def test_unfit_options_are_one_sentence(root, tmp_path, monkeypatch, capsys, arguments, sentence):
    joblib.dump({"theta": np.zeros((20, 82)), "vid_name": np.repeat("a", 20)}, root / "amass_db.pt")
    joblib.dump(database() | {"features": np.zeros((54, 512), np.float32)}, root / "3dpw_val_db.pt")
    monkeypatch.chdir(root)
    assert evaluate(root, tmp_path, *arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said
    assert not (tmp_path / "table.txt").exists()


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ((), "One of the arguments --weights --vibe --hmr is required."),
        (("--weights", "a", "--vibe", "b"), "Argument --vibe: not allowed with argument --weights."),
        (("--vibe", "a", "--hmr", "b"), "Argument --hmr: not allowed with argument --vibe."),
    ],
)
def test_exactly_one_kind_of_weights_is_scored(root, tmp_path, capsys, weights, sentence):
    assert evaluate(root, tmp_path, *weights) == 2
    assert sentence in capsys.readouterr().err
