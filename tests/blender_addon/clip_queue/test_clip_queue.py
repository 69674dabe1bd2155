import tempfile
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon import core_run, running
from jointwise_ext.blender_addon.clip_queue.motion_files import motion_paths
from jointwise_ext.blender_addon.clip_queue.operators import JOINTWISE_OT_queue_clips
from jointwise_ext.blender_addon.clip_queue.panel import JOINTWISE_PT_queue
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.core.motion import load_motion

FOLDER = "/videos/"


@pytest.fixture(autouse=True)
def no_leftovers(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    MESSAGES.clear()
    yield
    assert running.current_session() is None
    assert list(tmp_path.glob("jointwise-*")) == []


@pytest.fixture
def queue(scene, fake_core):
    fake_core("by_name")
    return scene.jointwise.queue


def choose(*names):
    return bpy.ops.jointwise.queue_clips(directory=FOLDER, files=[{"name": name} for name in names])


def estimate():
    return bpy.ops.jointwise.estimate_queue("EXEC_DEFAULT")


def states(queue):
    return {clip.name: clip.state for clip in queue}


def armatures():
    return sorted(item.name for item in bpy.data.objects if item.type == "ARMATURE")


def test_chosen_files_wait_in_order_and_once_each(queue):
    assert choose("b.mp4", "a.mp4", "b.mp4") == {"FINISHED"}
    assert choose("a.mp4", "c.mp4") == {"FINISHED"}
    assert [clip.filepath for clip in queue] == ["/videos/b.mp4", "/videos/a.mp4", "/videos/c.mp4"]
    assert set(states(queue).values()) == {"waiting"}


def test_each_clip_is_keyed_into_its_own_collection(scene, queue):
    choose("a.mp4", "b.mp4")
    assert estimate() == {"FINISHED"}
    assert states(queue) == {"a.mp4": "done", "b.mp4": "done"}
    for name in ("a", "b"):
        kinds = {item.type for item in bpy.data.collections[name].objects}
        assert kinds == {"ARMATURE", "MESH", "CAMERA"}
    assert len(scene.collection.children) == 2


def test_a_clip_that_fails_stops_nothing_and_is_listed(queue):
    choose("a.mp4", "error.mp4", "dies.mp4", "b.mp4")
    assert estimate() == {"FINISHED"}
    assert states(queue) == {"a.mp4": "done", "error.mp4": "failed", "dies.mp4": "failed", "b.mp4": "done"}
    assert armatures() == ["a", "b"]
    assert MESSAGES.warnings[0] == "error.mp4: The video a.mp4 is not a video. Choose another file."
    assert MESSAGES.warnings[1].startswith("dies.mp4: The core process ended without a result")
    assert queue["error.mp4"].message == "The video a.mp4 is not a video. Choose another file."


def test_a_defect_of_ours_stops_nothing_either(queue, monkeypatch):
    from jointwise_ext.blender_addon import estimate_run

    real = estimate_run.assemble_motions

    def fail_once(context, paths, video, options):
        if video.name == "a.mp4":
            raise KeyError("no such thing")
        return real(context, paths, video, options)

    monkeypatch.setattr(estimate_run, "assemble_motions", fail_once)
    choose("a.mp4", "b.mp4")
    assert estimate() == {"FINISHED"}
    assert states(queue) == {"a.mp4": "failed", "b.mp4": "done"}
    assert "An unexpected error" in MESSAGES.warnings[0]


def test_a_cancel_stops_the_rest_and_keeps_what_is_done(queue, monkeypatch):
    choose("a.mp4", "slow.mp4", "b.mp4")

    def cancel_the_slow_one(_status):
        if queue["slow.mp4"].state == "running":
            bpy.ops.jointwise.cancel()

    monkeypatch.setattr(core_run, "print_status", cancel_the_slow_one)
    assert estimate() == {"FINISHED"}
    assert states(queue) == {"a.mp4": "done", "slow.mp4": "waiting", "b.mp4": "waiting"}
    assert armatures() == ["a"]


def test_a_cancel_of_the_first_changes_nothing(queue, monkeypatch):
    choose("slow.mp4", "b.mp4")
    monkeypatch.setattr(core_run, "print_status", lambda _: bpy.ops.jointwise.cancel())
    assert estimate() == {"CANCELLED"}
    assert set(states(queue).values()) == {"waiting"}
    assert len(bpy.data.objects) == 0


def test_what_did_not_end_well_can_be_tried_again(queue, fake_core):
    choose("a.mp4", "error.mp4")
    estimate()
    fake_core("result")
    assert estimate() == {"FINISHED"}
    assert states(queue) == {"a.mp4": "done", "error.mp4": "done"}
    assert armatures() == ["a", "error"]
    assert queue["error.mp4"].message == ""


def test_when_all_fail_it_is_an_error(queue):
    choose("error1.mp4", "error2.mp4")
    with pytest.raises(RuntimeError, match=r"None of the clips could be estimated. error1\.mp4: The video"):
        estimate()
    assert set(states(queue).values()) == {"failed"}


def test_settings_that_cannot_be_used_are_said_for_each_clip(scene, queue):
    scene.jointwise.backbone = "onnx"
    choose("a.mp4", "b.mp4")
    with pytest.raises(RuntimeError, match="Set Network File"):
        estimate()
    assert set(states(queue).values()) == {"failed"}


def test_an_empty_choice_and_an_empty_queue_are_sentences(queue):
    with pytest.raises(RuntimeError, match="No clip is chosen"):
        choose()
    with pytest.raises(RuntimeError, match="No clip waits in the queue"):
        estimate()


def test_one_undo_removes_all_clips(queue):
    choose("a.mp4", "b.mp4")
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.jointwise.estimate_queue("EXEC_DEFAULT", True) == {"FINISHED"}
    assert len(armatures()) == 2
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 0
    assert set(states(bpy.context.scene.jointwise.queue).values()) == {"waiting"}


def test_motion_files_are_kept_beside_one_another(scene, queue, tmp_path):
    scene.jointwise.motion_path = str(tmp_path / "kept.npz")
    choose("a.mp4", "b.mp4")
    estimate()
    for name in ("kept_a.npz", "kept_b.npz"):
        assert load_motion(tmp_path / name).frame_count == 40


def test_clips_of_one_name_get_different_motion_files():
    videos = [Path("/x/a.mp4"), Path("/y/a.mov"), Path("/x/b.mp4")]
    names = ["/out/m_a.npz", "/out/m_a_2.npz", "/out/m_b.npz"]
    assert motion_paths(Path("/out/m.npz"), videos) == [Path(name) for name in names]
    assert motion_paths(None, videos) == [None] * 3


def test_the_file_browser_opens_in_the_videos_folder(scene):
    scene.jointwise.filepath = "/videos/a.mp4"
    opened = []
    manager = SimpleNamespace(fileselect_add=lambda operator: opened.append(operator.directory))
    chooser = SimpleNamespace(directory="")
    JOINTWISE_OT_queue_clips.invoke(chooser, SimpleNamespace(scene=scene, window_manager=manager), None)
    assert opened == ["/videos"]


def test_the_panel_shows_each_clips_state(scene, queue):
    choose("a.mp4", "b.mp4")
    layout = RecordingLayout()
    JOINTWISE_PT_queue.draw(SimpleNamespace(layout=layout), SimpleNamespace(scene=scene))
    assert layout.labels == ["a.mp4", "b.mp4"]
    assert list(layout.buttons) == ["jointwise.queue_clips", "jointwise.clear_queue", "jointwise.estimate_queue"]
    assert bpy.ops.jointwise.clear_queue() == {"FINISHED"}
    assert len(queue) == 0
    assert not bpy.ops.jointwise.clear_queue.poll()
