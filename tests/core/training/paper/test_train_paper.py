"""The commands, from raw data to the table, with a stand-in for PARE; and what they refuse."""

import shutil

import numpy as np
import pytest

from core.command_line import main
from core.errors import BodyFileError, MotionDataError, OptionError
from core.models.encoders import VIBE_ENCODER, EncoderConfig, matched_holistic
from core.pare_temporal_weights import load_pare_temporal
from core.training.paper import extraction, train_paper
from core.training.paper.files import find_paper_files
from core.training.paper_preset import PaperPreset
from core.training.presets import read_preset
from tests.core.training.paper import tiny_run
from tests.stand_in_smpl import write_smpl_files

CONFIGURATION = """
preset = "paper"
epochs = 1
epoch_iterations = 2
[data]
frame_count = 8
batch_clips = 4
motion_clips = 2
mpi_subjects = [1]
mpi_cameras = [0]
mpi_test_recordings = [1]
amass_folders = ["CMU"]
allow_partial = true
[encoder]
kind = "holistic"
hidden_size = 4
[discriminator]
hidden_size = 8
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder as a user would have it, and PARE replaced by a stand-in."""
    backbone = train_paper.Backbone(tiny_run.stand_in_pare(), tiny_run.HASH)
    monkeypatch.setattr(train_paper, "load_backbone", lambda files: backbone)
    features = extraction.Backbone(tiny_run.stand_in_features, tiny_run.HASH)
    monkeypatch.setattr("core.training.train_command.load_backbone", lambda *_: features)
    folder = tmp_path / "ROOT"
    tiny_run.write_raw_data(folder, splits=("validation", "test"))
    write_smpl_files(folder)
    (tmp_path / "run.toml").write_text(CONFIGURATION)
    return folder


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_from_raw_data_to_the_table(root, tmp_path, capsys):
    config, output = tmp_path / "run.toml", tmp_path / "out"
    assert run("extract-features", "--data", root, "--config", config) == 0
    assert run("train", "--config", config, "--data", root, "--output", output, "--seed", 3) == 0
    said = capsys.readouterr().err
    assert "5 clips of instavariety/train" in said and "epoch 1 of 1" in said
    assert {path.name for path in output.iterdir()} == {
        "checkpoint.pt", "configuration.json", "curves.csv", "curves.png", "pare_temporal.safetensors",
        "pare_temporal_last.safetensors", "table.txt", "table.json", "figure_3.png",
    }  # fmt: skip
    table = (output / "table.txt").read_text()
    for row in (
        "3dpw/test: VIBE, 14 joints",
        "trained, windows of 8, end to end",
        "mpi_inf_3dhp/test: MPI-INF-3DHP test set, 17",
    ):
        assert row in table
    assert load_pare_temporal(output / "pare_temporal.safetensors").config.kind == "holistic"
    again = ("evaluate-features", "--config", config, "--data", root, "--output", tmp_path / "again")
    assert run(*again, "--weights", output / "pare_temporal.safetensors") == 0
    assert (tmp_path / "again" / "table.txt").read_text() == table


@pytest.mark.parametrize(
    ("lines", "encoder"),
    [
        ("", matched_holistic(EncoderConfig())),
        ("hidden_size = 1024\nresidual = true\nhas_relu = true", VIBE_ENCODER),
        ("hidden_size = 64", EncoderConfig("holistic", hidden_size=64)),
    ],
)
def test_both_holistic_recipes_of_the_documentation(tmp_path, lines, encoder):
    (tmp_path / "run.toml").write_text(f'preset = "paper"\n[encoder]\nkind = "holistic"\n{lines}\n')
    preset = read_preset(str(tmp_path / "run.toml"))
    assert isinstance(preset, PaperPreset)
    assert preset.encoder == encoder


def test_a_body_of_another_gender_is_refused(root, tmp_path):
    (root / "SMPL_NEUTRAL.npz").rename(root / "SMPL_MALE.npz")
    files = find_paper_files(tmp_path, root, smpl=root / "SMPL_MALE.npz")
    with pytest.raises(MotionDataError, match=r"SMPL_MALE\.npz is a male SMPL model, but the paper's protocol needs"):
        train_paper.load_bodies(files, "cpu")


def test_regressors_of_another_shape_are_refused(root, tmp_path):
    np.save(root / "J_regressor_h36m.npy", np.zeros((17, 100)))
    with pytest.raises(BodyFileError, match=r"J_regressor_h36m\.npy has the shape \(17, 100\), not \(17, 6890\)"):
        train_paper.load_bodies(find_paper_files(tmp_path, root), "cpu")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train",), "The open training needs a motion-capture file. Name it by --motions."),
        (("train", "--data", "ROOT"), "The open training has no use for --data. See --config."),
        (("train", "--config", "paper", "--motions", "m.npz"), "The paper training has no use for --motions."),
        (("train", "--config", "paper"), "The folder of the features is not named."),
        (("train", "--config", "papre"), "The configuration papre does not exist."),
        (
            ("train", "--config", "paper", "--data", "/nowhere"),
            "It was looked for at /nowhere",
        ),
        (("extract-features", "--data", "ROOT", "--config", "open"), "open is not of the paper's training."),
    ],
)
def test_unfit_options_are_named(arguments, sentence, capsys):
    assert run(*arguments) == 2
    assert sentence in capsys.readouterr().err


def test_training_without_features_says_what_is_missing(root, tmp_path, capsys):
    assert run("train", "--config", tmp_path / "run.toml", "--data", root, "--output", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "instavariety/train does not exist; the features of instavariety/train were expected there." in said
    assert not (tmp_path / "out").exists()


def test_a_test_set_without_features_is_left_out_of_the_table(root, tmp_path, capsys):
    config = tmp_path / "run.toml"
    run("extract-features", "--data", root, "--config", config)
    cache = next((root / "features").glob("*_scale1.2"))
    shutil.rmtree(cache / "mpi_inf_3dhp" / "test")
    assert run("train", "--config", config, "--data", root, "--output", tmp_path / "out") == 0
    assert "mpi_inf_3dhp/test has no complete features" in capsys.readouterr().err
    assert "mpi_inf_3dhp/test" not in (tmp_path / "out" / "table.txt").read_text()


def test_files_are_found_where_pare_s_archive_has_them(tmp_path):
    body = tmp_path / "body_models" / "smpl" / "SMPL_NEUTRAL.pkl"
    checkpoint = tmp_path / "pare" / "checkpoints" / "pare_checkpoint.ckpt"
    for path in (body, checkpoint, tmp_path / "J_regressor_extra.npy"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    files = find_paper_files(tmp_path / "out", tmp_path)
    assert (files.smpl, files.checkpoint, files.regressors) == (body, checkpoint, tmp_path)
    assert files.cache == tmp_path / "features"
    with pytest.raises(OptionError, match="needs the joint regressors"):
        find_paper_files(tmp_path, None, cache=tmp_path, smpl=body)
