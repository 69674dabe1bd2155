import pytest

from core.errors import WeightsError
from core.pare_config import SETTINGS, check_pare_settings, check_pare_yaml, parse_yaml

PUBLISHED = """\
# written by yacs
DATASET:
  FOCAL_LENGTH: 5000.0
  IMG_RES: 224
  USE_HEATMAPS: part_segm
  VAL_DS: 3dpw_mpii3d  # not looked at
EXP_NAME: 'it''s: a name'
METHOD: pare
PARE:
  BACKBONE: hrnet_w32-conv
  ITERATIVE_REGRESSION: false
  KEYPOINT_ATTENTION_ACT: softmax
  NUM_DECONV_FILTERS: 128
  NUM_DECONV_LAYERS: 2
  NUM_FEATURES_SMPL: 64
  SHAPE_INPUT_TYPE: feats.shape.cam
  USE_BRANCH_NONLOCAL: null
  USE_FINAL_NONLOCAL: None
  USE_KEYPOINT_ATTENTION: True
  NUM_BRANCH_ITERATION: 0
TRAINING:
  DATASETS_AND_RATIOS:
  - h36m
  - mpii
  MAX_EPOCHS: 200
"""


def write(folder, text):
    path = folder / "pare_config.yaml"
    path.write_text(text)
    return path


def test_the_published_settings_pass(tmp_path):
    check_pare_yaml(write(tmp_path, PUBLISHED))


@pytest.mark.parametrize("name", [name for name in SETTINGS if name.startswith("PARE.")])
def test_every_other_value_is_refused_by_name(tmp_path, name):
    setting = SETTINGS[name]
    other = {bool: not setting.required, float: 3, str: "other"}[type(setting.required)]
    lines = [line for line in PUBLISHED.splitlines() if name.split(".")[1] not in line.split(":")[0]]
    lines.insert(lines.index("PARE:") + 1, f"  {name.split('.')[1]}: {other}")
    with pytest.raises(WeightsError, match=name):
        check_pare_yaml(write(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("  BACKBONE: hrnet_w32-conv\n", "BACKBONE is 'resnet50'"),
        ("  NUM_DECONV_LAYERS: 2\n", "LAYERS is 3 instead of 2"),
    ],
)
def test_a_setting_that_is_left_out_counts_as_the_codes_default(tmp_path, line, name):
    with pytest.raises(WeightsError, match=name):
        check_pare_yaml(write(tmp_path, PUBLISHED.replace(line, "")))


def test_all_differences_are_named_at_once(tmp_path):
    text = PUBLISHED.replace("softmax", "sigmoid").replace("IMG_RES: 224", "IMG_RES: 256")
    with pytest.raises(WeightsError, match=r"IMG_RES is 256 instead of 224; PARE.KEYPOINT_ATTENTION_ACT is 'sigmoid'"):
        check_pare_yaml(write(tmp_path, text))


@pytest.mark.parametrize("text", ["", "a: b\n", "PARE: {BACKBONE: hrnet_w32-conv}\n", "\t\0:"])
def test_another_file_is_refused(tmp_path, text):
    with pytest.raises(WeightsError, match="no section PARE"):
        check_pare_yaml(write(tmp_path, text))


def test_a_missing_and_a_binary_file_are_named(tmp_path):
    with pytest.raises(WeightsError, match="does not exist"):
        check_pare_yaml(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WeightsError, match="cannot be read"):
        check_pare_yaml(tmp_path / "binary.yaml")


def test_scalars_are_read_as_yaml_reads_them():
    values = parse_yaml("a:\n  b:\n    c: 1e-3\n  d: 'x # y'  # z\ne: [yes]\nf: ~\n'g': true\n- h: 1\n")
    assert values == {"a.b.c": 1e-3, "a.d": "x # y", "e": "yes", "f": None, "g": True}


def test_settings_in_a_checkpoint_are_compared_where_they_are(tmp_path):
    check_pare_settings({"METHOD": "pare", "PARE": {"NUM_DECONV_LAYERS": 2, "LOSS_WEIGHT": 60}}, tmp_path)
    check_pare_settings({}, tmp_path)
    with pytest.raises(WeightsError, match="USE_COATTENTION is True"):
        check_pare_settings({"PARE": {"USE_COATTENTION": True}}, tmp_path)
    with pytest.raises(WeightsError, match="NUM_JOINTS"):
        check_pare_settings({"PARE": {"NUM_JOINTS": [24]}}, tmp_path)
