import dataclasses
import sys

import bpy
import pytest
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.status.report import engines_of, report_text
from jointwise_ext.core.motion import save_motion


@pytest.fixture
def said():
    MESSAGES.clear()
    MESSAGES.log, MESSAGES.engines = "", {}
    yield MESSAGES
    MESSAGES.clear()
    MESSAGES.log, MESSAGES.engines = "", {}


def test_the_report_names_versions_core_networks_and_own_files(preferences, monkeypatch, said, tmp_path):
    monkeypatch.setenv("JOINTWISE_PYTHON", sys.executable)
    (tmp_path / "yolo.pt").touch()
    preferences.detector_weights, preferences.smpl_file = str(tmp_path / "yolo.pt"), str(tmp_path / "none.npz")
    text = report_text(bpy.context)
    assert f"Blender {bpy.app.version_string}" in text
    assert "Jointwise 0." in text
    assert f"Core: {sys.executable} (environment)" in text
    assert "Networks: blazepose_detector " in text
    assert f"Own detector_weights: {tmp_path / 'yolo.pt'} (exists)" in text
    assert f"Own smpl_file: {tmp_path / 'none.npz'} (is missing)" in text
    assert "Last estimate: none in this session" in text


def test_what_is_wrong_with_the_core_is_in_the_report(extension, monkeypatch, said):
    monkeypatch.setenv("JOINTWISE_PYTHON", "/not/there")
    assert "Core: The Python interpreter /not/there does not exist." in report_text(bpy.context)


def test_what_the_last_run_said_is_in_the_report(extension, said):
    said.error, said.warnings, said.log = "It failed.", ["One.", "Two."], "line 1\nline 2"
    said.engines = {"blazepose_heavy": "onnx on cpu"}
    text = report_text(bpy.context)
    assert text.endswith(
        "Last estimate: blazepose_heavy by onnx on cpu\nError: It failed.\nWarning: One.\nWarning: Two.\n"
        "Log:\nline 1\nline 2\n"
    )


def test_an_estimate_leaves_its_devices_for_the_report(scene, fake_core, make_motion_file, said, monkeypatch):
    path, motion = make_motion_file("on_cpu.npz")
    save_motion(dataclasses.replace(motion, metadata={"engines": {"open_lifter": "onnx on cpu"}}), path)
    monkeypatch.setenv("FAKE_MOTION", str(path))
    assert bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=str(path)) == {"FINISHED"}
    assert "Last estimate: open_lifter by onnx on cpu" in report_text(bpy.context)


def test_a_motion_without_that_knowledge_is_no_error(make_motion_file, tmp_path):
    assert engines_of(make_motion_file("plain.npz")[0]) == {}
    assert engines_of(tmp_path / "nothing.npz") == {}
    (tmp_path / "broken.npz").write_bytes(b"PK")
    assert engines_of(tmp_path / "broken.npz") == {}


def test_the_button_is_done_without_a_run(extension, said):
    # Without a window there is no clipboard to read.
    assert bpy.ops.jointwise.copy_report() == {"FINISHED"}
    assert said.error == ""
