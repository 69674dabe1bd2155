"""What cannot be written is said in a sentence, and nothing is left of it: no file, no copy, no changed name."""

import os

import bpy
import pytest
from blender_addon_export_rigs import add_rig, add_skin, scene_state
from jointwise_ext.blender_addon.export import bvh, exporters, fbx, files, gltf, keying, sampling, stage
from jointwise_ext.blender_addon.export.properties import OPTION_NAMES
from jointwise_ext.core.errors import OutputError

SUFFIXES = {"fbx": ".fbx", "bvh": ".bvh", "gltf": ".glb", "usd": ".usdc"}


@pytest.fixture
def rig(scene):
    rig = add_rig()
    add_skin(rig)
    bpy.context.view_layer.objects.active = rig
    return rig


def export(kind, path, **options):
    return getattr(bpy.ops.jointwise, f"export_{kind}")(filepath=str(path), **options)


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_folder_that_is_not_there_is_named(rig, tmp_path, kind):
    before = scene_state()
    with pytest.raises(RuntimeError, match="nowhere does not exist"):
        export(kind, tmp_path / "nowhere" / "rig")
    assert scene_state() == before


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_file_in_the_way_of_a_folder_is_said(rig, tmp_path, kind):
    (tmp_path / f"rig{SUFFIXES[kind]}").mkdir()
    with pytest.raises(RuntimeError, match="is a folder"):
        export(kind, tmp_path / f"rig{SUFFIXES[kind]}")


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
def test_a_locked_folder_is_said(rig, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RuntimeError, match="cannot be written"):
        export("fbx", tmp_path / "rig.fbx")


@pytest.mark.parametrize("kind", ["fbx", "gltf", "usd"])
def test_an_exporter_that_fails_leaves_the_old_file_and_the_scene(rig, tmp_path, kind, monkeypatch):
    path = tmp_path / f"rig{SUFFIXES[kind]}"
    path.write_text("old")
    before = scene_state()

    def failing(self, context):
        raise RuntimeError("Error: the disk is full")

    monkeypatch.setattr(stage.Stage, "in_context", failing)
    with pytest.raises(RuntimeError, match=r"cannot be written .*the disk is full"):
        export(kind, path)
    assert scene_state() == before
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "old"


def test_a_failure_while_sampling_leaves_the_scene(rig, tmp_path, monkeypatch):
    rig.animation_data.nla_tracks.new()
    before = scene_state()
    monkeypatch.setattr(sampling, "_sample", lambda *_: 1 / 0)
    with pytest.raises(RuntimeError, match="unexpected error"):
        export("bvh", tmp_path / "rig.bvh")
    assert scene_state() == before
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_keying_leaves_the_scene(rig, tmp_path, monkeypatch):
    before = scene_state()
    monkeypatch.setattr(keying, "write_keys", lambda *_: 1 / 0)
    with pytest.raises(RuntimeError, match=r"unexpected error.*keying\.py"):
        export("fbx", tmp_path / "rig.fbx")
    assert scene_state() == before
    assert list(tmp_path.iterdir()) == []


def test_an_exporter_that_writes_nothing_is_said(tmp_path):
    with pytest.raises(OutputError, match="made no file"), files.whole_export(tmp_path / "rig.fbx"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("module", "kind"), [(gltf, "gltf"), (fbx, "fbx")])
def test_a_blender_without_the_exporter_is_said(rig, tmp_path, monkeypatch, module, kind):
    missing = exporters.BlenderExporter("This", "export_scene", "not_in_this_build", "")
    monkeypatch.setattr(module, kind.upper(), missing)
    before = scene_state()
    with pytest.raises(RuntimeError, match=r"This Blender was built without This export\. Use a Blender from"):
        export(kind, tmp_path / "rig")
    assert scene_state() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"frame_range": "CUSTOM", "frame_start": 9, "frame_end": 3}, "The range from frame 9 to 3 is empty"),
        ({"source": "NLA", "frame_range": "ACTION"}, "has no keys to export"),
    ],
)
def test_an_empty_range_is_said(rig, tmp_path, options, sentence):
    rig.animation_data.action = None
    with pytest.raises(RuntimeError, match=sentence):
        export("bvh", tmp_path / "rig.bvh", **options)


def test_an_armature_outside_the_view_layer_and_one_without_bones_are_said(rig, tmp_path):
    empty = bpy.data.objects.new("empty", bpy.data.armatures.new("empty"))
    bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.objects.active = empty
    with pytest.raises(RuntimeError, match="no bones"):
        export("fbx", tmp_path / "rig.fbx", frame_range="SCENE")


def test_no_armature_is_said(scene, tmp_path):
    with pytest.raises(RuntimeError, match=r"No armature is selected\. Click on the armature"):
        export("gltf", tmp_path / "rig.glb")


def test_no_file_name_is_said(rig):
    with pytest.raises(RuntimeError, match="No file name is given for the BVH"):
        export("bvh", "")


def test_what_is_not_named_comes_from_the_panel(rig, tmp_path):
    settings = bpy.context.scene.jointwise.export
    settings.frame_range, settings.frame_start, settings.frame_end = "CUSTOM", 2, 5
    export("bvh", tmp_path / "panel.bvh")
    export("bvh", tmp_path / "call.bvh", frame_end=9)
    assert "Frames: 4\n" in (tmp_path / "panel.bvh").read_text()
    assert "Frames: 8\n" in (tmp_path / "call.bvh").read_text()


def test_the_panels_choice_is_kept_in_the_file(rig, tmp_path):
    bpy.context.scene.jointwise.export.preset = "MAYA"
    bpy.context.scene.jointwise.export.rate_hz = 59.94
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings = bpy.context.scene.jointwise.export
    assert (settings.preset, round(settings.rate_hz, 2)) == ("MAYA", 59.94)


def test_an_operator_remembers_nothing_of_its_last_run(rig):
    properties = bpy.ops.jointwise.export_fbx.get_rna_type().properties
    assert all(properties[name].is_skip_save for name in (*OPTION_NAMES, "filepath"))


def test_gltf_in_several_files_arrives_whole(rig, tmp_path):
    export("gltf", tmp_path / "rig.gltf")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["rig.bin", "rig.gltf"]
    assert '"uri":"rig.bin"' in (tmp_path / "rig.gltf").read_text().replace(" ", "")


def test_a_bvh_of_a_single_frame(rig, tmp_path):
    export("bvh", tmp_path / "rig.bvh", frame_range="CUSTOM", frame_start=4, frame_end=4)
    lines = (tmp_path / "rig.bvh").read_text().splitlines()
    assert "Frames: 1" in lines
    assert len(lines[-1].split()) == bvh_channels(lines)


def bvh_channels(lines):
    return sum(int(line.split()[1]) for line in lines if line.strip().startswith("CHANNELS"))


def test_bvh_bones_that_stay_in_their_sockets_have_rotations_alone(rig, tmp_path):
    export("bvh", tmp_path / "rig.bvh")
    lines = (tmp_path / "rig.bvh").read_text().splitlines()
    assert [line.split()[1] for line in lines if line.strip().startswith("CHANNELS")] == ["6", "3", "3", "3"]


def test_bvh_writes_several_top_bones_under_one_root(rig, tmp_path):
    export("bvh", tmp_path / "rig.bvh", only_deform_bones=False)
    text = (tmp_path / "rig.bvh").read_text()
    assert text.count("ROOT ") == 1
    assert "ROOT root\n" in text
    assert "JOINT control\n" in text


def test_bvh_scale(rig, tmp_path):
    export("bvh", tmp_path / "m.bvh")
    export("bvh", tmp_path / "cm.bvh", bvh_scale=100.0)

    def offsets(path):
        return [float(word) for line in path.read_text().splitlines() if "OFFSET" in line for word in line.split()[1:]]

    metres, centimetres = offsets(tmp_path / "m.bvh"), offsets(tmp_path / "cm.bvh")
    assert centimetres == pytest.approx([100 * value for value in metres], abs=1e-4)


def test_bvh_angles_are_found_at_the_pole_too():
    import numpy as np

    def turn(axis, angle):
        c, s, (i, j) = np.cos(angle), np.sin(angle), ((1, 2), (2, 0), (0, 1))[axis]
        matrix = np.eye(3)
        matrix[i, i], matrix[j, j], matrix[i, j], matrix[j, i] = c, c, -s, s
        return matrix

    for a, b, c in [(0.3, 0.2, 0.1), (2.0, np.pi / 2, 0.4), (-1.0, -np.pi / 2, 2.0), (3.0, 1.5, -3.0), (0, 0, 0)]:
        rotmat = turn(2, a) @ turn(0, b) @ turn(1, c)
        x, y, z = bvh.rotmat_to_zxy(rotmat[None])[0]
        assert np.abs(turn(2, x) @ turn(0, y) @ turn(1, z) - rotmat).max() < 1e-7
