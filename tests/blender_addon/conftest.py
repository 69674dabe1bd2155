"""The add-on as the package `jointwise_ext`, as Blender loads it, and a synthetic motion to build scenes from."""

import importlib.util
import sys
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "jointwise_ext"
FAKE_CORE_ROOT = Path(__file__).parent / "fake_core"


def _load(name, path, **options):
    """Load a file as a top-level module of the given name; tests have no packages of their own."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path, **options)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


EXTENSION = _load(PACKAGE, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
synthetic = _load("blender_addon_synthetic", Path(__file__).parent / "synthetic.py")
walker = _load("blender_addon_walker", Path(__file__).parent / "walker.py")
_load("blender_addon_rest_rigs", Path(__file__).parent / "rest_rigs.py")
_load("blender_addon_walking", Path(__file__).parent / "walking.py")
_load("blender_addon_toy_wheels", Path(__file__).parent / "toy_wheels.py")
_load("blender_addon_recording_layout", Path(__file__).parent / "recording_layout.py")
_load("blender_addon_export_rigs", Path(__file__).parent / "export" / "rigs.py")


@pytest.fixture
def extension():
    """The root package, registered, in an empty scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    EXTENSION.register()
    yield EXTENSION
    EXTENSION.unregister()


@pytest.fixture
def scene(extension):
    """The empty scene at 30 frames a second, with the add-on registered."""
    bpy.context.scene.render.fps = 30
    bpy.context.scene.render.fps_base = 1.0
    return bpy.context.scene


@pytest.fixture
def preferences(extension):
    """The add-on's preferences, as Blender keeps them for an add-on that is enabled."""
    addon = bpy.context.preferences.addons.new()
    addon.module = PACKAGE
    yield addon.preferences
    bpy.context.preferences.addons.remove(addon)


@pytest.fixture
def smpl_file(tmp_path):
    """A stand-in for the user's SMPL file."""
    from tests.stand_in_smpl import write_smpl_files

    return write_smpl_files(tmp_path / "smpl")


@pytest.fixture
def motion():
    return synthetic.synthetic_motion()


@pytest.fixture
def make_motion_file(tmp_path):
    """Writes a synthetic motion and returns its path and the motion."""

    def make(name="walk.npz", **options):
        from jointwise_ext.core.motion import save_motion

        made = synthetic.synthetic_motion(**options)
        save_motion(made, tmp_path / name)
        return tmp_path / name, made

    return make


@pytest.fixture
def fake_core(monkeypatch, make_motion_file):
    """Puts the fake core in the real one's place; call it with a mode."""
    from jointwise_ext.blender_addon import worker_runtime

    motion_path, _ = make_motion_file("fake_motion.npz")
    monkeypatch.setenv("FAKE_PICTURE", str(synthetic.write_picture(motion_path.with_name("picture.png"))))
    monkeypatch.setattr(worker_runtime, "extension_root", lambda: FAKE_CORE_ROOT)
    monkeypatch.setenv("JOINTWISE_PYTHON", sys.executable)
    monkeypatch.setenv("FAKE_MOTION", str(motion_path))

    def choose(mode):
        monkeypatch.setenv("FAKE_CORE", mode)

    choose("result")
    return choose
