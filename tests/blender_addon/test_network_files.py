import dataclasses
import re
from pathlib import Path

import pytest
from jointwise_ext.blender_addon.network_files import CHECKPOINT_VARIABLE, LABELS, NetworkFiles, check_files, used_files
from jointwise_ext.core.errors import OptionError

ROOT = Path(__file__).resolve().parents[2]
NAMES = [field.name for field in dataclasses.fields(NetworkFiles)]
EVERYTHING = NetworkFiles(**{name: Path("/not/there") / name for name in NAMES})


def sentence(backbone, files, environment=None):
    with pytest.raises(OptionError) as caught:
        check_files(backbone, files, environment or {})
    return str(caught.value)


def test_every_file_has_a_name_in_the_preferences():
    assert list(LABELS) == NAMES


def test_a_needed_file_that_is_not_set_is_said_with_the_preferences_name():
    assert sentence("pare", NetworkFiles()) == (
        "The backbone PARE needs your copy of PARE's weights, and none is set. "
        "Set PARE Weights in the add-on's preferences."
    )
    assert sentence("onnx", NetworkFiles()) == (
        "The backbone Own Network needs the file that describes your network, and none is set. "
        "Set Network File in the add-on's preferences."
    )
    check_files("blazepose", NetworkFiles(), {})


def test_the_environment_may_name_pares_weights():
    check_files("pare", NetworkFiles(), {CHECKPOINT_VARIABLE: "/somewhere/pare.ckpt"})
    assert "none is set" in sentence("pare", NetworkFiles(), {CHECKPOINT_VARIABLE: ""})


def test_it_is_the_cores_variable():
    """The core's file cannot be imported here: it needs more than numpy."""
    source = (ROOT / "core" / "pare_backbone.py").read_text(encoding="utf-8")
    assert re.search(r'CHECKPOINT_VARIABLE: Final = "(\w+)"', source)[1] == CHECKPOINT_VARIABLE


@pytest.mark.parametrize(
    ("backbone", "name"),
    [
        *(("pare", name) for name in ("pare_checkpoint", "smpl_file", "temporal_weights", "detector_weights")),
        *(("onnx", name) for name in ("network_file", "smpl_file", "detector_weights")),
        ("blazepose", "detector_weights"),
    ],
)
def test_a_used_file_that_does_not_exist_is_named(tmp_path, backbone, name):
    (tmp_path / "there").touch()
    there = dict.fromkeys(NAMES, tmp_path / "there")
    check_files(backbone, NetworkFiles(**there), {})
    missing = NetworkFiles(**there | {name: tmp_path / "gone"})
    assert sentence(backbone, missing) == (
        f"The file {tmp_path / 'gone'} does not exist. Correct or clear {LABELS[name]} in the add-on's preferences."
    )


def test_files_of_other_backbones_do_not_matter():
    assert used_files("blazepose", EVERYTHING) == NetworkFiles(detector_weights=EVERYTHING.detector_weights)
    assert used_files("pare", EVERYTHING).network_file is None
    assert used_files("onnx", EVERYTHING).pare_checkpoint is None
    check_files("blazepose", dataclasses.replace(EVERYTHING, detector_weights=None), {})
