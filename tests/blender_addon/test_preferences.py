from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon.network_files import LABELS, NetworkFiles
from jointwise_ext.blender_addon.preference_values import core_python, network_files
from jointwise_ext.blender_addon.preferences import JointwisePreferences, file_status


@pytest.mark.parametrize("name", LABELS)
def test_each_file_of_the_users_is_a_preference_with_its_name_and_an_explanation(preferences, tmp_path, name):
    prop = preferences.bl_rna.properties[name]
    assert (prop.name, prop.subtype) == (LABELS[name], "FILE_PATH")
    assert len(prop.description) > 40
    setattr(preferences, name, str(tmp_path / "a file"))
    assert network_files(bpy.context) == NetworkFiles(**{name: tmp_path / "a file"})


def test_what_is_licensed_for_research_only_is_said_where_it_is_chosen(preferences):
    properties = preferences.bl_rna.properties
    for name in ("pare_checkpoint", "smpl_file"):
        assert "Not included" in properties[name].description
        assert "research only" in properties[name].description
    assert "ultralytics" in properties["detector_weights"].description


def test_blanks_are_not_a_path_and_the_home_folder_may_be_short(preferences):
    preferences.smpl_file, preferences.network_file = "  ", " ~/own.toml"
    assert network_files(bpy.context) == NetworkFiles(network_file=Path.home() / "own.toml")
    preferences.network_file = "~nobody_of_this_name/own.toml"
    assert network_files(bpy.context).network_file.parts[-2:] == ("~nobody_of_this_name", "own.toml")


def test_without_preferences_nothing_is_set(extension):
    assert network_files(bpy.context) == NetworkFiles()
    assert core_python(bpy.context) == ""


def test_the_interpreter_is_a_preference_too(preferences):
    preferences.core_python = "/opt/cuda/bin/python"
    assert core_python(bpy.context) == "/opt/cuda/bin/python"


def test_each_file_that_is_set_is_said_to_exist_or_not(preferences, smpl_file, tmp_path):
    assert file_status(bpy.context) == {}
    preferences.smpl_file = str(smpl_file)
    preferences.pare_checkpoint = str(tmp_path / "pare.ckpt")
    preferences.temporal_weights = str(tmp_path)
    preferences.network_file = "/" + "n" * 500
    assert file_status(bpy.context) == {
        "smpl_file": ("CHECKMARK", f"{smpl_file} exists"),
        "pare_checkpoint": ("ERROR", f"{tmp_path / 'pare.ckpt'} does not exist"),
        "temporal_weights": ("ERROR", f"{tmp_path} does not exist"),
        "network_file": ("ERROR", f"/{'n' * 500} does not exist"),
    }


def test_the_preferences_show_every_file_and_name_a_wrong_path(preferences):
    preferences.smpl_file = "/not/there.npz"
    layout = RecordingLayout()
    drawn = SimpleNamespace(layout=layout, **dict.fromkeys(["core_python", "keep_ready_min", *LABELS]))
    JointwisePreferences.draw(drawn, bpy.context)
    assert layout.props == ["core_python", "keep_ready_min", *LABELS]
    assert layout.labels[-2:] == ["Your own networks", "/not/there.npz does not exist"]
