import dataclasses
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from blender_addon_synthetic import bone_heads, to_world
from jointwise_ext.blender_addon import core_run, estimate_run, running
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.network_files import NetworkFiles
from jointwise_ext.blender_addon.properties import estimate_arguments, to_settings
from jointwise_ext.core.errors import SceneError
from jointwise_ext.core.motion import load_motion

VIDEO = "/videos/Walk in the park.mp4"
"""Does not exist: the fake core does not read it, and the camera goes without."""
NO_BACKGROUND = "Blender cannot show the video Walk in the park.mp4 behind the scene."


@pytest.fixture(autouse=True)
def no_leftovers(tmp_path, monkeypatch):
    """Every run must clean up: no temporary folder, no session, no message of an earlier test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    MESSAGES.clear()
    MESSAGES.log = ""
    yield
    assert running.current_session() is None
    assert list(tmp_path.glob("jointwise-*")) == []


@pytest.fixture
def all_files(tmp_path):
    """Every file that the preferences can name, there and empty."""
    files = NetworkFiles(**{field.name: tmp_path / field.name for field in dataclasses.fields(NetworkFiles)})
    for path in vars(files).values():
        path.touch()
    return files


def estimate(**options):
    return bpy.ops.jointwise.estimate("EXEC_DEFAULT", **{"filepath": VIDEO, **options})


def test_estimate_runs_to_the_end_and_leaves_the_armature_active(scene, fake_core, motion):
    assert estimate() == {"FINISHED"}
    armature = bpy.context.active_object
    assert armature.type == "ARMATURE"
    assert armature.name == "Walk in the park"
    expected = to_world(motion.joints[9].astype(np.float64), bpy.data.objects["Walk in the park_camera"].location.z)
    assert np.abs(bone_heads(armature, 10) - expected).max() < 1e-4


def test_estimate_takes_the_panels_video_and_keeps_the_motion_file_where_asked(scene, fake_core, tmp_path):
    scene.jointwise.filepath = VIDEO
    scene.jointwise.motion_path = str(tmp_path / "kept.npz")
    assert bpy.ops.jointwise.estimate("EXEC_DEFAULT") == {"FINISHED"}
    assert load_motion(tmp_path / "kept.npz").frame_count == 40


def test_failure_raises_the_cores_sentence_and_the_panel_keeps_it(scene, fake_core):
    fake_core("error")
    with pytest.raises(RuntimeError) as caught:
        estimate()
    sentence = "The video a.mp4 is not a video. Choose another file."
    assert sentence in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert MESSAGES.error == sentence
    assert len(bpy.data.objects) == 0


def test_death_of_the_core_is_a_sentence_and_its_words_are_in_the_log(scene, fake_core):
    fake_core("dies")
    with pytest.raises(RuntimeError, match="ended without a result"):
        estimate()
    assert "something went very wrong" in MESSAGES.log


def test_warnings_reach_the_panel(scene, fake_core):
    fake_core("noise")
    estimate()
    assert MESSAGES.warnings == ["Person 1 was not seen in 3 frames.", NO_BACKGROUND]


def test_no_video_is_said_before_anything_starts(scene, fake_core):
    with pytest.raises(RuntimeError, match="No video is chosen"):
        bpy.ops.jointwise.estimate("EXEC_DEFAULT")


def test_a_defect_of_ours_is_a_sentence_too(scene, fake_core, monkeypatch):
    def fail(*arguments):
        raise KeyError("no such thing")

    monkeypatch.setattr(estimate_run, "assemble_motions", fail)
    with pytest.raises(RuntimeError, match="An unexpected error stopped the work") as caught:
        estimate()
    assert "Traceback" not in str(caught.value)
    assert "Traceback" in MESSAGES.log


def test_success_forgets_the_last_error(scene, fake_core):
    fake_core("error")
    with pytest.raises(RuntimeError):
        estimate()
    fake_core("result")
    estimate()
    assert MESSAGES.error == ""


def test_one_estimate_at_a_time(scene, fake_core, monkeypatch):
    running.begin("another")
    try:
        with pytest.raises(RuntimeError, match="is running already"):
            estimate()
        with pytest.raises(SceneError):
            running.check_nothing_runs()
    finally:
        running._running.remove("another")


def test_cancel_from_elsewhere_ends_the_run_and_changes_nothing(scene, fake_core, monkeypatch):
    fake_core("slow")
    started = []

    def cancel_at_once(status):
        started.append(time.monotonic())
        bpy.ops.jointwise.cancel()

    monkeypatch.setattr(core_run, "print_status", cancel_at_once)
    assert estimate() == {"CANCELLED"}
    assert time.monotonic() - started[0] < 5
    assert len(bpy.data.objects) == 0
    assert MESSAGES.error == ""
    assert not bpy.ops.jointwise.cancel.poll()


def test_one_undo_removes_all(scene, fake_core):
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.jointwise.estimate("EXEC_DEFAULT", True, filepath=VIDEO) == {"FINISHED"}
    assert len(bpy.data.objects) == 3
    bpy.ops.ed.undo()
    for kind in ("objects", "armatures", "meshes", "cameras", "actions", "materials"):
        assert len(getattr(bpy.data, kind)) == 0, kind
    assert "Walk in the park" not in bpy.data.collections


def test_load_motion_builds_the_same_scene(scene, make_motion_file):
    path, motion = make_motion_file()
    assert bpy.ops.jointwise.load_motion(filepath=str(path)) == {"FINISHED"}
    armature = bpy.context.active_object
    expected = to_world(motion.joints[9].astype(np.float64), bpy.data.objects["walk_camera"].location.z)
    assert np.abs(bone_heads(armature, 10) - expected).max() < 1e-4


def test_load_motion_of_a_text_file_is_a_sentence(scene, tmp_path):
    (tmp_path / "text.npz").write_text("text")
    with pytest.raises(RuntimeError, match="is not a motion file"):
        bpy.ops.jointwise.load_motion(filepath=str(tmp_path / "text.npz"))


def test_set_scene_rate_without_a_capture_is_a_sentence(scene):
    with pytest.raises(RuntimeError, match="No captured armature is selected"):
        bpy.ops.jointwise.set_scene_rate()


def arguments_of(settings, files):
    return " ".join(estimate_arguments(to_settings(settings, Path("a.mp4"), Path("b.npz"), files)))


def test_settings_become_the_cores_options(scene):
    settings = scene.jointwise
    default = arguments_of(settings, NetworkFiles())
    assert default == "estimate a.mp4 --output b.npz --start 0 --people main --quality balanced --json"
    settings.start, settings.end, settings.people, settings.people_numbers = 5, 90, "numbers", "1, 3"
    settings.quality, settings.lens, settings.focal_length_35mm = "fast", "mm", 35.0
    assert arguments_of(settings, NetworkFiles()) == (
        "estimate a.mp4 --output b.npz --start 5 --people 1,3 --quality fast --end 90 --focal-length-35mm 35.0 --json"
    )


OPTIONS_OF_BACKBONE = {
    "blazepose": "--detector-weights {detector_weights}",
    "pare": "--backbone pare --checkpoint {pare_checkpoint} --smpl {smpl_file} --temporal-weights {temporal_weights} "
    "--detector-weights {detector_weights}",
    "onnx": "--backbone onnx --smpl {smpl_file} --network {network_file} --detector-weights {detector_weights}",
}


@pytest.mark.parametrize("backbone", OPTIONS_OF_BACKBONE)
def test_each_backbone_gets_its_own_files_alone(scene, all_files, backbone):
    scene.jointwise.backbone = backbone
    options = OPTIONS_OF_BACKBONE[backbone].format(**vars(all_files))
    assert arguments_of(scene.jointwise, all_files) == (
        f"estimate a.mp4 --output b.npz --start 0 --people main --quality balanced {options} --json"
    )


@pytest.mark.parametrize("backbone", OPTIONS_OF_BACKBONE)
def test_the_real_cores_parser_understands_these_options(scene, all_files, backbone):
    from jointwise_ext.core import command_line

    settings = scene.jointwise
    settings.end, settings.lens, settings.backbone = 90, "pixels", backbone
    wanted = to_settings(settings, Path("a.mp4"), Path("b.npz"), all_files)
    options = command_line._build_parser().parse_args(estimate_arguments(wanted))
    assert {name: getattr(options, name) for name in vars(wanted)} == vars(wanted)


def test_a_missing_file_is_said_before_anything_starts(scene, fake_core, monkeypatch):
    monkeypatch.delenv("JOINTWISE_PARE_CHECKPOINT", raising=False)
    scene.jointwise.backbone = "pare"
    with pytest.raises(RuntimeError, match="Set PARE Weights in the add-on's preferences"):
        estimate()
    assert MESSAGES.log == ""


def test_files_of_the_preferences_reach_the_core(scene, preferences, fake_core, all_files):
    scene.jointwise.backbone = "onnx"
    preferences.network_file, preferences.keep_ready_min = str(all_files.network_file), 0
    assert estimate() == {"FINISHED"}
    assert f"--backbone onnx --network {all_files.network_file} --json" in MESSAGES.log


def test_loading_and_estimating_take_the_smpl_body_of_the_preferences(
    scene, preferences, fake_core, make_motion_file, smpl_file, monkeypatch
):
    path, _ = make_motion_file(smpl_file=smpl_file)
    preferences.smpl_file, preferences.keep_ready_min = str(smpl_file), 0
    bpy.ops.jointwise.load_motion(filepath=str(path))
    assert len(bpy.data.objects["walk_body"].data.vertices) == 6890
    assert MESSAGES.warnings == []
    monkeypatch.setenv("FAKE_MOTION", str(path))
    estimate()
    assert len(bpy.data.objects["Walk in the park_body"].data.vertices) == 6890


def test_result_goes_to_the_scene_in_which_the_estimate_was_started(scene, fake_core, monkeypatch):
    """The user may look at another scene when the core is done."""
    other = bpy.data.scenes.new("other")
    monkeypatch.setattr(core_run, "print_status", lambda status: setattr(bpy.context.window, "scene", other))
    if bpy.context.window is None:
        pytest.skip("this Blender has no window to switch")
    assert estimate() == {"FINISHED"}
    assert len(other.objects) == 0
    assert {item.type for item in scene.objects} == {"ARMATURE", "MESH", "CAMERA"}
    assert scene.view_layers[0].objects.active.type == "ARMATURE"


def test_scene_that_was_removed_meanwhile_is_named_in_a_sentence(scene, fake_core, monkeypatch):
    bpy.data.scenes.new("other")

    def remove_scene(status):
        if "doomed" in bpy.data.scenes:
            bpy.data.scenes.remove(bpy.data.scenes["doomed"])

    scene.name = "doomed"
    monkeypatch.setattr(core_run, "print_status", remove_scene)
    with pytest.raises(RuntimeError, match="does not exist any more"):
        estimate()
