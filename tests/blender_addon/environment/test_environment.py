"""An environment is made of pinned packages with Blender's Python, cancelled, refused, removed; nothing is left."""

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from blender_addon_recording_layout import RecordingLayout
from jointwise_ext.blender_addon.environment import current, operators, variants
from jointwise_ext.blender_addon.environment.making import EnvironmentMaking, environment_python, is_complete
from jointwise_ext.blender_addon.environment.panel import draw_environments
from jointwise_ext.blender_addon.environment.variants import VARIANTS, Variant
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.worker_runtime import blender_python, extension_root
from jointwise_ext.core.errors import CancelledError, EnvironmentMakingError

NEWEST_ONLY = pytest.mark.skipif(bpy.app.version < (5, 2, 0), reason="the same in every Blender; each takes seconds")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A variant that needs the package `toy`, which pip finds in a folder and nowhere else."""
    folder = tmp_path / "packages"
    folder.mkdir()
    with zipfile.ZipFile(folder / "toy-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("toy/__init__.py", "VALUE = 42\n")
        archive.writestr("toy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
        archive.writestr("toy-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("toy-1.0.dist-info/RECORD", "")
    lists = tmp_path / variants.LISTS_FOLDER
    lists.mkdir(parents=True)
    (lists / "extra-torch.txt").write_text("toy==1.0\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr(variants, "extension_root", lambda: tmp_path)
    variant = Variant("torch", "Make a Toy", "A toy", ("toy",), {})
    monkeypatch.setitem(VARIANTS, "torch", variant)
    return variant


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of the environment, in a path with a blank and a letter outside ASCII."""
    folder = tmp_path / "für alle" / "torch"
    for module in (operators, current):
        monkeypatch.setattr(module, "environment_folder", folder.with_name)
    return folder


def set_online(is_allowed):
    bpy.context.preferences.system.use_online_access = is_allowed


@pytest.fixture
def online(extension):
    set_online(True)
    yield
    set_online(False)


@pytest.mark.skipif((5, 0, 0) <= bpy.app.version < (5, 2, 0), reason="the oldest and the newest Blender do it")
def test_environment_is_made_named_shown_and_removed(preferences, toy, place, online):
    assert bpy.ops.jointwise.make_environment(variant="torch") == {"FINISHED"}
    python = environment_python(place)
    assert preferences.core_python == str(python)
    assert is_complete(place)
    answer = subprocess.run([python, "-c", "import toy; print(toy.VALUE)"], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "42"
    assert not (place / "tmp").exists()
    layout = RecordingLayout()
    draw_environments(layout)
    assert layout.buttons["jointwise.remove_environment"].variant == "torch"
    assert bpy.ops.jointwise.remove_environment(variant="torch") == {"FINISHED"}
    assert not place.exists()
    assert preferences.core_python == ""
    with pytest.raises(RuntimeError, match="no such environment"):
        bpy.ops.jointwise.remove_environment(variant="torch")


@NEWEST_ONLY
def test_package_that_cannot_be_had_is_one_sentence_and_nothing_is_left(toy, place):
    toy.requirements.write_text("toy==2.0\n")
    making = EnvironmentMaking(toy, blender_python(), place)
    with pytest.raises(EnvironmentMakingError) as caught:
        making.result()
    assert caught.value.message == "The packages cannot be had: No matching distribution found for toy==2.0."
    assert not place.exists()


@NEWEST_ONLY
def test_package_that_does_not_work_is_found_out(toy, place, tmp_path):
    broken = Variant("torch", "", "", ("toy", "not_in_toy"), {})
    making = EnvironmentMaking(broken, blender_python(), place)
    with pytest.raises(EnvironmentMakingError, match="No module named 'not_in_toy'"):
        making.result()
    assert not place.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="makes a shell script")
def test_cancel_ends_the_program_and_what_it_started_and_leaves_nothing(toy, place, tmp_path):
    # A Python that starts a long-lived child of its own, as pip does.
    slow = tmp_path / "python"
    child = tmp_path / "child"
    slow.write_text(f'#!/bin/sh\nsleep 600 &\necho $! > "{child}"\necho working\nwait\n')
    slow.chmod(0o755)
    making = EnvironmentMaking(toy, slow, place)
    while making.line != "working":
        assert not making.poll()
        time.sleep(0.02)
    making.cancel()
    with pytest.raises(CancelledError):
        making.result()
    assert not place.exists()
    for _ in range(100):
        if not is_alive(int(child.read_text())):
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child still runs")


def is_alive(process_id):
    """Whether a process runs; one that has ended and that nobody has fetched does not count."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_python_that_cannot_make_environments_is_a_sentence(toy, place, tmp_path):
    with pytest.raises(EnvironmentMakingError, match="cannot be written to"):
        EnvironmentMaking(toy, tmp_path / "no-python", place).result()
    assert not place.exists()


def test_too_little_space_is_said_before_anything_is_fetched(toy, place):
    huge = Variant("torch", "", "", (), {sys.platform: (1e6, 2e6)})
    with pytest.raises(EnvironmentMakingError, match=r"needs 3000000\.0 GB"):
        EnvironmentMaking(huge, blender_python(), place).result()


def test_without_leave_for_the_network_nothing_starts(extension, place):
    set_online(False)
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.jointwise.make_environment(variant="torch")
    assert current.current_making() is None
    assert not place.parent.exists()


def test_the_preferences_show_the_size_before_and_the_lines_while(extension, place, monkeypatch):
    MESSAGES.clear()
    layout = RecordingLayout()
    draw_environments(layout)
    assert set(layout.buttons) == {"jointwise.make_environment"}
    for variant in VARIANTS.values():
        assert any(variant.purpose in label and variant.size_text in label for label in layout.labels)
    monkeypatch.setattr(current, "_making", [SimpleNamespace(line="Downloading torch", close=lambda: None)])
    layout = RecordingLayout()
    draw_environments(layout)
    assert "Downloading torch" in layout.labels
    assert set(layout.buttons) == {"jointwise.cancel_environment"}


def test_lists_pin_every_package_to_what_the_tests_run_with(extension):
    pins = {}
    for name in ("core", "test", "test-no-deps"):
        lines = (extension_root() / "wheels" / "locks" / f"{name}.txt").read_text().splitlines()
        pins |= dict(line.split("==") for line in lines if "==" in line)
    for variant in VARIANTS.values():
        lines = [line for line in variant.requirements.read_text().splitlines() if not line.startswith("#")]
        assert dict(line.split("==") for line in lines).items() <= pins.items()
