"""Presets: the paper's numbers, and overrides in a file whose mistakes are named."""

import dataclasses

import pytest

from core.errors import OptionError
from core.models.encoders import EncoderConfig
from core.training.open_preset import OpenPreset
from core.training.paper_preset import PaperPreset
from core.training.presets import PRESETS, read_preset


def write(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text)
    return str(path)


def test_the_paper_s_numbers():
    paper = read_preset("paper")
    assert (paper.data.frame_count, paper.data.batch_clips, int(paper.data.batch_clips * paper.data.share_2d)) == (
        16,
        32,
        19,
    )
    assert (paper.optimiser.learning_rate, paper.optimiser.weight_decay) == (1e-4, 1e-4)
    assert (paper.optimiser.plateau_factor, paper.optimiser.plateau_patience) == (0.1, 5)
    assert (paper.epochs, paper.epoch_iterations, paper.discriminator.interval) == (30, 500, 5)
    losses = paper.losses
    assert (losses.keypoint3d, losses.keypoint2d, losses.pose, losses.betas) == (300, 300, 60, 0.06)
    assert (losses.feature_regularisation, losses.regularisation, losses.adversarial) == (60, "rms", 0.5)
    assert paper.encoder == EncoderConfig("decomposed", "uni", residual=False, hidden_size=64)
    assert paper.data.feature_parts == (
        "instavariety/train", "mpi_inf_3dhp/train", "3dpw/validation", "3dpw/test", "mpi_inf_3dhp/test",
    )  # fmt: skip


def test_presets_do_not_change():
    for preset in PRESETS.values():
        assert hash(preset) == hash(dataclasses.replace(preset))
        with pytest.raises(dataclasses.FrozenInstanceError):
            preset.seed = 1


def test_a_file_overrides_fields_at_any_depth(tmp_path):
    path = write(
        tmp_path,
        """
        preset = "paper"
        epochs = 2
        train_heads = false
        [data]
        train_3d = ["mpi_inf_3dhp", "3dpw"]
        mpi_subjects = [1, 2]
        share_2d = 1
        [encoder]
        kind = "holistic"
        [losses]
        regularisation = "mse"
        feature_regularisation = 5
        """,
    )
    preset = read_preset(path)
    assert isinstance(preset, PaperPreset)
    assert (preset.epochs, preset.train_heads, preset.data.share_2d) == (2, False, 1.0)
    assert preset.data.train_3d == ("mpi_inf_3dhp", "3dpw") and preset.data.mpi_subjects == (1, 2)
    assert (preset.encoder.kind, preset.losses.regularisation) == ("holistic", "mse")
    assert isinstance(preset.losses.feature_regularisation, float)
    assert preset.optimiser == read_preset("paper").optimiser


def test_the_open_preset_can_be_changed_too(tmp_path):
    preset = read_preset(
        write(tmp_path, 'preset = "open"\nstage = "temporal"\n[temporal.encoder]\ndirection = "uni"\n')
    )
    assert isinstance(preset, OpenPreset)
    assert (preset.stage, preset.temporal.encoder.direction, preset.temporal.encoder.residual) == (
        "temporal",
        "uni",
        True,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epochs = 3", r"run\.toml must name the preset it changes.*one of paper, open"),
        ('preset = "vibe"', "must name the preset"),
        (
            'preset = "paper"\nepoch = 3\nsede = 1',
            r"run\.toml has unknown entries: epoch, sede; known are check",
        ),
        ('preset = "paper"\n[data]\nframes = 3', r"run\.toml, table \[data\], has unknown entries: frames"),
        ('preset = "paper"\nepochs = 3.5', r"epochs is 3\.5; a whole number was expected"),
        ('preset = "paper"\nepochs = true', "epochs is True; a whole number was expected"),
        ('preset = "paper"\ntrain_heads = 1', "train_heads is 1; true or false was expected"),
        ('preset = "paper"\ndata = 3', r"data must be a table, \[data\]"),
        ('preset = "paper"\n[data]\ntrain_2d = "insta"', "train_2d is 'insta'; a list was expected"),
        ('preset = "paper"\n[data]\nmpi_subjects = ["S1"]', "mpi_subjects is 'S1'; a whole number was expected"),
        ('preset = "paper"\n[encoder]\nkind = "giant"', "kind is 'giant'; known are none, holistic, decomposed"),
        ('preset = "paper"\n[encoder]\nhidden_size = 0', "hidden size of 0 is too small"),
        ('preset = "paper"\nepochs = 0', "epochs is 0; at least 1"),
        ('preset = "paper"\n[data]\nframe_count = 2', r"data\.frame_count is 2; at least 3"),
        ('preset = "paper"\n[data]\nshare_2d = 1.5', "shares between 0 and 1"),
        ('preset = "open"\nminutes = -1.0', r"minutes is -1\.0; at least 0"),
        ('preset = "open"\niterations = -1', "iterations is -1; at least 0"),
        ('preset = "open"\n[temporal]\niterations = 0', r"temporal\.iterations is 0; at least 1"),
        ('preset = "open"\nlifter_share = 1.0', "lifter_share is 1.0"),
        ("preset = ", r"run\.toml cannot be read as TOML"),
    ],
)
def test_mistakes_are_named(tmp_path, text, sentence):
    with pytest.raises(OptionError, match=sentence):
        read_preset(write(tmp_path, text))


def test_a_missing_file_is_named():
    with pytest.raises(OptionError, match=r"nowhere\.toml does not exist. The presets are paper, open"):
        read_preset("nowhere.toml")
