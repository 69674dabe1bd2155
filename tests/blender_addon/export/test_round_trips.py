"""Every format, written and read again by Blender: joints within 1 mm and rotations within 0.1 degree, per frame."""

import bpy
import numpy as np
import pytest
from blender_addon_export_rigs import SWINGING, add_rig, add_skin, angle_deg, bone_motion, scene_state
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.skeleton import JOINT_NAMES

POSITION_TOLERANCE_M = 1e-3
ROTATION_TOLERANCE_DEG = 0.1

FORMATS = {"fbx": ".fbx", "bvh": ".bvh", "gltf": ".glb", "usd": ".usdc"}


def read_again(kind, path, rate):
    """Import a file into an empty scene; return the armature and the frame at which its time zero stands."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = round(rate), round(rate) / rate
    if kind == "fbx":
        bpy.ops.import_scene.fbx(filepath=str(path), ignore_leaf_bones=False)
    elif kind == "bvh":
        bpy.ops.import_anim.bvh(filepath=str(path))
    elif kind == "gltf":
        bpy.ops.import_scene.gltf(filepath=str(path))
    else:
        bpy.ops.wm.usd_import(filepath=str(path), import_usd_preview=False)
    armature = next(item for item in bpy.data.objects if item.type == "ARMATURE")
    return armature, (1 if kind in {"fbx", "bvh"} else 0)


def export(kind, path, **options):
    assert getattr(bpy.ops.jointwise, f"export_{kind}")(filepath=str(path), **options) == {"FINISHED"}


def assert_comes_back(kind, path, rate, heads, turns, names):
    """Compare a file with joints (T, B, 3) and rotations (T, B, 3, 3) at its own frames 0, 1, ..."""
    armature, zero = read_again(kind, path, rate)
    frames = zero + np.arange(len(heads))
    got_heads, got_turns = bone_motion(armature, frames, names)
    assert np.abs(got_heads - heads).max() < POSITION_TOLERANCE_M
    assert angle_deg(got_turns, turns) < ROTATION_TOLERANCE_DEG
    return armature


@pytest.fixture(params=FORMATS)
def kind(request, scene):
    if request.param == "usd" and "usd_export" not in dir(bpy.ops.wm):
        pytest.skip("this Blender was built without USD")
    return request.param


@pytest.fixture
def rig(scene):
    rig = add_rig(scale=0.5, location=(1.0, 2.0, 0.5), rotation=(0.4, 0.2, 1.0))
    add_skin(rig)
    bpy.context.view_layer.objects.active = rig
    return rig


def test_a_capture_comes_back(kind, scene, make_motion_file, tmp_path):
    path, motion = make_motion_file()
    armature = assemble_motion(bpy.context, path)
    frames = scene.frame_start + np.arange(motion.frame_count)
    heads, turns = bone_motion(armature, frames, JOINT_NAMES)
    before = scene_state()
    export(kind, tmp_path / f"walk{FORMATS[kind]}")
    assert scene_state() == before
    again = assert_comes_back(kind, tmp_path / f"walk{FORMATS[kind]}", 30, heads, turns, JOINT_NAMES)
    assert len(again.data.bones) == 24


def test_any_rig_comes_back(kind, rig, tmp_path):
    heads, turns = bone_motion(rig, np.arange(1, 29), SWINGING)
    skin = skin_places(bpy.data.objects["skin"], 20)
    bpy.context.scene.frame_set(1)
    before = scene_state()
    export(kind, tmp_path / f"rig{FORMATS[kind]}")
    assert scene_state() == before
    again = assert_comes_back(kind, tmp_path / f"rig{FORMATS[kind]}", 30, heads, turns, SWINGING)
    assert "control" not in again.data.bones
    meshes = [item for item in bpy.data.objects if item.type == "MESH" and item.name.startswith("skin")]
    assert len(meshes) == (kind != "bvh")
    for mesh in meshes:
        # Skinned, and not a recording of its vertices.
        assert [modifier.type for modifier in mesh.modifiers] == ["ARMATURE"]
        got = skin_places(mesh, 20 if kind == "fbx" else 19)
        # Importers may order and split vertices anew: each one found must be one of ours, and ours all found.
        distances = np.linalg.norm(got[:, None] - skin[None], axis=-1)
        assert distances.min(axis=1).max() < POSITION_TOLERANCE_M
        assert distances.min(axis=0).max() < POSITION_TOLERANCE_M


@pytest.mark.parametrize("rate", [24.0, 60.0])
def test_another_rate_keeps_the_duration(kind, rig, tmp_path, rate):
    file_frames = np.arange(round(27 * rate / 30) + 1)
    heads, turns = bone_motion(rig, 1 + file_frames * 30 / rate, SWINGING)
    export(kind, tmp_path / f"rig{FORMATS[kind]}", rate="CUSTOM", rate_hz=rate)
    assert_comes_back(kind, tmp_path / f"rig{FORMATS[kind]}", rate, heads, turns, SWINGING)


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ({"frame_range": "CUSTOM", "frame_start": 7, "frame_end": 12}, np.arange(7, 13)),
        ({"frame_range": "SCENE"}, np.arange(3, 22)),
    ],
)
def test_a_frame_range_starts_at_zero(kind, rig, tmp_path, options, frames):
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 21
    heads, turns = bone_motion(rig, frames, SWINGING)
    export(kind, tmp_path / f"rig{FORMATS[kind]}", content="SKELETON", **options)
    again = assert_comes_back(kind, tmp_path / f"rig{FORMATS[kind]}", 30, heads, turns, SWINGING)
    start, end = again.animation_data.action.frame_range
    assert round(end - start) == len(frames) - 1


@pytest.mark.parametrize("preset", ["UNITY", "UNREAL", "MAYA", "BLENDER"])
def test_fbx_of_every_preset_comes_back(rig, tmp_path, preset):
    heads, turns = bone_motion(rig, np.arange(1, 29), SWINGING)
    export("fbx", tmp_path / "rig.fbx", preset=preset)
    again = assert_comes_back("fbx", tmp_path / "rig.fbx", 30, heads, turns, SWINGING)
    assert ("root" in again.data.bones) == (preset == "UNREAL")
    assert again.name == ("Armature" if preset == "UNREAL" else "rig")


@pytest.mark.parametrize("preset", ["UNREAL", "MAYA"])
def test_fbx_in_centimetres_moves_the_mesh_along(rig, tmp_path, preset):
    truth = skin_places(bpy.data.objects["skin"], 20)
    export("fbx", tmp_path / "rig.fbx", preset=preset)
    read_again("fbx", tmp_path / "rig.fbx", 30)
    assert np.abs(skin_places(bpy.data.objects["skin"], 20) - truth).max() < POSITION_TOLERANCE_M


def skin_places(skin, frame):
    bpy.context.scene.frame_set(frame)
    shown = skin.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([list(shown.matrix_world @ vertex.co) for vertex in shown.data.vertices])
