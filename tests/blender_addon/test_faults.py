"""What happens to Blender while an estimate runs: nothing is lost, and nothing of ours stays behind."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from blender_addon_toy_wheels import write_list, write_wheel
from jointwise_ext.blender_addon import core_run, running
from jointwise_ext.blender_addon.core_run import RUNNING
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.operators import JOINTWISE_OT_estimate

VIDEO = "/videos/walk.mp4"


@pytest.fixture(autouse=True)
def no_leftovers(tmp_path, monkeypatch):
    """Every run must clean up: no temporary folder, no session."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    MESSAGES.clear()
    yield
    assert running.current_session() is None
    assert list(tmp_path.glob("jointwise-*")) == []


def save_file(tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved $(touch canary) ü.blend"))


def rename_scene(_tmp_path):
    bpy.context.scene.name = "another name"


def undo(_tmp_path):
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects.new("of the user", None)
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()


@pytest.mark.parametrize("happens", [save_file, rename_scene, undo])
def test_the_result_comes_whatever_happens_to_the_file_meanwhile(scene, fake_core, monkeypatch, tmp_path, happens):
    done = []

    def once(_status):
        if not done:
            done.append(happens(tmp_path))

    monkeypatch.setattr(core_run, "print_status", once)
    assert bpy.ops.jointwise.estimate("EXEC_DEFAULT", filepath=VIDEO) == {"FINISHED"}
    assert done
    assert {item.type for item in bpy.context.scene.objects} >= {"ARMATURE", "MESH", "CAMERA"}
    assert not (tmp_path / "canary").exists()
    # What was made is saved and loads again, with its raw motion.
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "after.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "after.blend"))
    armature = next(item for item in bpy.data.objects if item.type == "ARMATURE")
    assert "jointwise_capture" in armature.data


class Window(SimpleNamespace):
    """A window manager that knows its timers."""

    def __init__(self):
        super().__init__(windows=[], timers=[])

    def event_timer_add(self, _interval_s, window):
        self.timers.append("timer")
        return "timer"

    def event_timer_remove(self, timer):
        self.timers.remove(timer)

    def modal_handler_add(self, operator): ...


class Estimate:
    """The operator as a window has it: what Blender adds to the class is here by hand."""

    def __init__(self):
        self.filepath, self.motion_path, self.reports = VIDEO, "", []
        self.properties = SimpleNamespace(is_property_set=lambda _name: True)

    def report(self, kind, text):
        self.reports.append(text)

    def __getattr__(self, name):
        found = getattr(JOINTWISE_OT_estimate, name)
        return found.__get__(self) if callable(found) else found


@pytest.fixture
def running_estimate(scene, fake_core):
    """A slow estimate behind a timer; its process has begun."""
    fake_core("slow")
    context = SimpleNamespace(
        window_manager=Window(), window=None, scene=scene, preferences=bpy.context.preferences,
        view_layer=bpy.context.view_layer,
    )  # fmt: skip
    operator = Estimate()
    assert operator._begin_modal(context) == RUNNING
    deadline_s = time.monotonic() + 20
    while operator.session.status.stage != "track":
        operator.session.poll()
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    return operator, context, operator.session._client._process


def test_another_file_ends_the_run_and_leaves_the_new_file_alone(running_estimate, tmp_path):
    operator, context, process = running_estimate
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    # Blender calls this for each operator of the old file's windows.
    operator.cancel(context)
    assert not process.is_running()
    assert context.window_manager.timers == []
    assert not [item for item in bpy.data.objects if item.type == "ARMATURE"]


def test_disabling_the_add_on_ends_the_run(running_estimate, extension):
    operator, context, process = running_estimate
    extension.unregister()
    try:
        assert not process.is_running()
        assert running.current_session() is None
    finally:
        extension.register()
        operator.cancel(context)


_UNPACK = """
import importlib.util, sys
from pathlib import Path
root, packages, private, start = sys.argv[1:]
init = Path(root, "__init__.py")
spec = importlib.util.spec_from_file_location("jointwise_ext", init, submodule_search_locations=[root])
sys.modules["jointwise_ext"] = importlib.util.module_from_spec(spec)
import types
addon = types.ModuleType("jointwise_ext.blender_addon")
addon.__path__ = [str(Path(root, "blender_addon"))]
sys.modules["jointwise_ext.blender_addon"] = addon
from jointwise_ext.blender_addon.bundled_packages import read_package_list, unpack_packages
while not Path(start).exists():
    pass
print(unpack_packages(read_package_list(Path(packages)), Path(private), lambda done, total: None))
"""


def test_two_blenders_unpack_the_packages_at_the_same_time(tmp_path):
    packages, private, start = tmp_path / "packages", tmp_path / "private", tmp_path / "start"
    packages.mkdir()
    private.mkdir()
    members = {f"toy/part{number}.py": f"VALUE = {number}\n" * 99 for number in range(200)}
    write_list(packages, write_wheel(packages, members=members))
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", _UNPACK, str(root), str(packages), str(private), str(start)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    time.sleep(0.5)
    start.touch()
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    (folder,) = {Path(stdout.strip()) for stdout, _ in answers}
    assert sorted(path.name for path in (folder / "toy").iterdir()) == sorted(f"part{n}.py" for n in range(200))
    assert [path.name for path in private.iterdir()] == [folder.name]
