import numpy as np
import pytest

from core.command_line import main
from core.errors import OptionError
from core.features import extract_features, read_crops
from tests.seeded_weights import relative_error, seeded_crops


@pytest.fixture
def crops_path(tmp_path):
    np.savez(tmp_path / "crops.npz", crops=seeded_crops())
    return tmp_path / "crops.npz"


def test_the_command_writes_the_references_numbers(crops_path, pare_checkpoint, pare_reference, tmp_path):
    arguments = ["--backbone", "pare", "--checkpoint", str(pare_checkpoint), "--output", str(tmp_path / "out.npz")]
    assert main(["features", str(crops_path), *arguments, "--device", "cpu", "--part-maps"]) == 0
    with np.load(tmp_path / "out.npz") as file:
        outputs = dict(file)
    maps = outputs.pop("part_attention")
    assert set(outputs) == {"pose_features", "camera_shape_features", "rot6d", "weak_camera", "betas"}
    for name, values in outputs.items():
        assert values.dtype == np.float32
        assert relative_error(values, pare_reference[name]) < 1e-4
    assert relative_error(maps[:, :, ::8, ::8], pare_reference["part_attention"]) < 1e-4


def test_without_a_checkpoint_it_says_so_and_writes_nothing(crops_path, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("JOINTWISE_PARE_CHECKPOINT", raising=False)
    assert main(["features", str(crops_path), "--backbone", "pare", "--output", str(tmp_path / "out.npz")]) == 2
    assert "--checkpoint" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["crops.npz"]


@pytest.mark.parametrize(
    "crops",
    [
        np.zeros((2, 224, 224, 3), np.float32),
        np.zeros((2, 3, 224, 224), np.uint8),
        np.zeros((224, 224, 3), np.uint8),
        np.zeros((0, 224, 224, 3), np.uint8),
    ],
)
def test_other_crops_are_refused_by_shape(tmp_path, crops):
    np.savez(tmp_path / "crops.npz", crops=crops)
    with pytest.raises(OptionError, match="must be uint8"):
        read_crops(tmp_path / "crops.npz")


def test_other_files_are_one_sentence(tmp_path):
    with pytest.raises(OptionError, match="does not exist"):
        read_crops(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("text")
    with pytest.raises(OptionError, match="not an npz file"):
        read_crops(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", other=np.zeros(1))
    with pytest.raises(OptionError, match="no array called crops"):
        read_crops(tmp_path / "other.npz")
    np.savez(tmp_path / "object.npz", crops=np.array([None]))
    with pytest.raises(OptionError, match="not an npz file"):
        read_crops(tmp_path / "object.npz")


def test_a_backbone_without_crops_is_refused(crops_path, tmp_path):
    with pytest.raises(OptionError, match="does not look at crops"):
        extract_features(crops_path, "blazepose", None, tmp_path / "out.npz")
