from pathlib import Path

import pytest

from core.errors import OptionError
from core.settings import EstimateSettings, PeopleSettings
from core.settings_check import check_detector, check_settings


def settings(tmp_path, **changes) -> EstimateSettings:
    return EstimateSettings(**{"video": tmp_path / "clip.mp4", "output": tmp_path / "o.npz", **changes})


@pytest.mark.parametrize("window", ["track", "2", "16", "999999999"])
def test_good_windows_pass(tmp_path, window):
    check_settings(settings(tmp_path, window=window))


@pytest.mark.parametrize("window", ["", "0", "1", "-16", "1.5", "²", "٣", "whole", "9" * 5000])
def test_bad_windows_are_option_errors(tmp_path, window):
    with pytest.raises(OptionError):
        check_settings(settings(tmp_path, window=window))


@pytest.mark.parametrize("option", ["output", "overlay"])
def test_no_output_may_overwrite_the_footage(tmp_path, option):
    name = {"output": "clip.npz", "overlay": "clip.mp4"}[option]
    (tmp_path / name).write_bytes(b"footage")
    with pytest.raises(OptionError, match="would overwrite"):
        check_settings(settings(tmp_path, **{"video": tmp_path / name, option: tmp_path / name}))


def test_a_second_persons_file_may_not_overwrite_the_footage_either(tmp_path):
    footage = tmp_path / "o_person2.npz"
    footage.write_bytes(b"footage")
    check_settings(EstimateSettings(footage, tmp_path / "o.npz"))
    with pytest.raises(OptionError, match="would overwrite"):
        check_settings(EstimateSettings(footage, tmp_path / "o.npz", people="all"))


@pytest.mark.parametrize("option", ["checkpoint", "smpl", "temporal_weights", "network"])
def test_a_file_of_another_backbone_is_refused_by_name(tmp_path, option):
    with pytest.raises(OptionError, match=f"--{option.replace('_', '-')} belongs to"):
        check_settings(settings(tmp_path, **{option: tmp_path / "file"}))


def test_files_of_the_chosen_backbone_pass(tmp_path):
    file = tmp_path / "file"
    check_settings(settings(tmp_path, backbone="pare", checkpoint=file, smpl=file, temporal_weights=file))
    check_settings(settings(tmp_path, backbone="onnx", network=file, smpl=file))


def test_the_onnx_backbone_needs_its_description(tmp_path):
    with pytest.raises(OptionError, match="--network"):
        check_settings(settings(tmp_path, backbone="onnx"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"detector": "yolo"}, "The yolo detector needs your weights"),
        ({"detector": "nanodet", "detector_weights": Path("yolo.pt")}, "belongs to the yolo detector, not to nanodet"),
    ],
)
def test_a_detector_and_its_weights_go_together(options, sentence):
    with pytest.raises(OptionError, match=sentence):
        check_detector(PeopleSettings(Path("a.mp4"), **options))
    check_detector(PeopleSettings(Path("a.mp4"), detector="yolo", detector_weights=Path("yolo.pt")))
    check_detector(PeopleSettings(Path("a.mp4"), detector_weights=Path("yolo.pt")))
