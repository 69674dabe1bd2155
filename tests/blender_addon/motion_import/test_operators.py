"""Imports by the real core: what the exports wrote comes back, and what is wrong is said."""

import os
import pickle
import sys
import tempfile

import bpy
import numpy as np
import pytest
from blender_addon_export_rigs import angle_deg, bone_motion, scene_state
from jointwise_ext.blender_addon import running
from jointwise_ext.blender_addon.messages import MESSAGES
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.skeleton import JOINT_NAMES


@pytest.fixture(autouse=True)
def real_core(tmp_path, monkeypatch):
    """The core runs in this Python, which has the numpy that an import needs; no run may leave anything behind."""
    monkeypatch.setenv("JOINTWISE_PYTHON", sys.executable)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    MESSAGES.clear()
    yield
    assert running.current_session() is None
    assert list(tmp_path.glob("jointwise-*")) == []


def captured(make_motion_file, **options):
    path, motion = make_motion_file(**options)
    armature = assemble_motion(bpy.context, path)
    bpy.context.scene.frame_set(1)
    return bone_motion(armature, np.arange(1, motion.frame_count + 1), JOINT_NAMES)


def import_file(path, **options):
    assert bpy.ops.jointwise.import_motion(filepath=str(path), **options) == {"FINISHED"}
    return bpy.context.view_layer.objects.active


def assert_same(armature, heads, turns):
    """Height may be corrected to the floor; all else must be the same."""
    got_heads, got_turns = bone_motion(armature, np.arange(1, len(heads) + 1), JOINT_NAMES)
    shift = got_heads[0, 0] - heads[0, 0]
    assert np.abs(shift[:2]).max() < 1e-3
    assert np.abs(got_heads - heads - [0, 0, shift[2]]).max() < 1e-3
    assert angle_deg(got_turns, turns) < 0.1


def test_our_amass_export_comes_back(scene, make_motion_file, tmp_path):
    heads, turns = captured(make_motion_file)
    bpy.ops.jointwise.export_amass(filepath=str(tmp_path / "dance.npz"))
    armature = import_file(tmp_path / "dance.npz")
    assert armature.name.startswith("dance")
    assert_same(armature, heads, turns)
    assert "dance_camera" not in bpy.data.objects
    assert "dance_body" in bpy.data.objects
    assert MESSAGES.warnings == []


def test_our_bvh_export_comes_back_on_the_bundled_body(scene, make_motion_file, tmp_path):
    _, turns = captured(make_motion_file)
    bpy.ops.jointwise.export_bvh(filepath=str(tmp_path / "dance.bvh"))
    armature = import_file(tmp_path / "dance.bvh")
    _, got_turns = bone_motion(armature, np.arange(1, len(turns) + 1), JOINT_NAMES)
    hands = [JOINT_NAMES.index(name) for name in ("left_hand", "right_hand")]
    body = [joint for joint in range(24) if joint not in hands]
    # A BVH's hands follow the wrists.
    assert angle_deg(got_turns[:, body], turns[:, body]) < 0.1


def test_an_imported_motion_can_be_exported(scene, make_motion_file, tmp_path):
    captured(make_motion_file)
    bpy.ops.jointwise.export_amass(filepath=str(tmp_path / "a.npz"))
    import_file(tmp_path / "a.npz")
    bpy.ops.jointwise.export_amass(filepath=str(tmp_path / "b.npz"))
    with np.load(tmp_path / "a.npz") as first, np.load(tmp_path / "b.npz") as second:
        assert np.abs(first["poses"] - second["poses"]).max() < 1e-4
        assert np.array_equal(first["open_betas"], second["open_betas"])
        assert np.abs(np.diff(first["trans"] - second["trans"], axis=0)).max() < 1e-4


def test_everybody_in_a_result_is_built(scene, tmp_path):
    person = {
        "pose_world": np.zeros((6, 72)),
        "pose": np.zeros((6, 72)),
        "trans_world": np.zeros((6, 3)),
        "betas": np.zeros((6, 10)),
        "frame_ids": np.arange(6),
    }
    (tmp_path / "wham_output.pkl").write_bytes(pickle.dumps({1: person, 2: person}))
    import_file(tmp_path / "wham_output.pkl", frame_rate=25.0)
    armatures = sorted(item.name for item in bpy.data.objects if item.type == "ARMATURE")
    assert armatures == ["wham_output", "wham_output_person2"]
    assert bpy.data.objects["wham_output"]["jointwise_frame_rate"] == 25.0
    assert any("no SMPL file is set" in warning for warning in MESSAGES.warnings)


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_that_would_run_code_is_refused(scene, tmp_path):
    before = scene_state()
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps({1: {"pose": Trap(str(tmp_path / "trap"))}}))
    with pytest.raises(RuntimeError, match=r"names \w+\.mkdir.*nothing in it was run"):
        bpy.ops.jointwise.import_motion(filepath=str(tmp_path / "bad.pkl"))
    assert not (tmp_path / "trap").exists()
    assert scene_state() == before
    assert "nothing in it was run" in MESSAGES.error


@pytest.mark.parametrize(("name", "sentence"), [("", "No file is chosen"), ("nowhere.npz", "cannot be read")])
def test_no_file_is_said(scene, tmp_path, name, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.jointwise.import_motion(filepath=str(tmp_path / name) if name else "")
