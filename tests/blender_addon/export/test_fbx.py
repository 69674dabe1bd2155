import bpy
import numpy as np
import pytest
from blender_addon_synthetic import bone_heads, to_world
from jointwise_ext.blender_addon.export.fbx import export_fbx
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.errors import OutputError, SceneError


def reimport(path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.fbx(filepath=str(path), ignore_leaf_bones=False)
    return next(item for item in bpy.data.objects if item.type == "ARMATURE")


def take_range(armature):
    return tuple(armature.animation_data.action.frame_range)


@pytest.fixture
def camera_height():
    return lambda: bpy.data.objects["walk_camera"].location.z


@pytest.mark.parametrize(("scene_fps", "first_frame_id"), [(30, 0), (30, 80), (24, 0), (24, 80), (60, 0)])
def test_reimported_joints_are_the_motion_files(
    extension, make_motion_file, tmp_path, camera_height, scene_fps, first_frame_id
):
    path, motion = make_motion_file(first_frame_id=first_frame_id)
    bpy.context.scene.render.fps = scene_fps
    export_fbx(bpy.context, assemble_motion(bpy.context, path), tmp_path / "walk.fbx")
    height = camera_height()

    armature = reimport(tmp_path / "walk.fbx")
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base
    assert rate == scene_fps
    assert len(armature.data.bones) == 24
    assert np.allclose(armature.scale, 1)
    start, end = take_range(armature)
    assert np.isclose((end - start) / rate, motion.timestamps[-1] - motion.timestamps[0], atol=1e-4)
    for row in range(motion.frame_count):
        frame = start + (motion.timestamps[row] - motion.timestamps[0]) * rate
        expected = to_world(motion.joints[row].astype(np.float64), height)
        assert np.abs(bone_heads(armature, frame) - expected).max() < 1e-3


def test_take_starts_at_the_first_frame_of_a_new_scene(scene, make_motion_file, tmp_path):
    path, motion = make_motion_file(first_frame_id=80)
    export_fbx(bpy.context, assemble_motion(bpy.context, path), tmp_path / "walk.fbx")
    assert np.allclose(take_range(reimport(tmp_path / "walk.fbx")), (1, motion.frame_count), atol=1e-3)


def test_export_leaves_scene_selection_and_keys_as_they_were(scene, make_motion_file, tmp_path):
    path, _ = make_motion_file(first_frame_id=7)
    armature = assemble_motion(bpy.context, path)
    other = bpy.data.objects.new("other", bpy.data.meshes.new("other"))
    scene.collection.objects.link(other)
    bpy.context.view_layer.objects.active = other
    armature.select_set(False)
    other.select_set(True)
    bpy.data.objects["walk_body"].hide_set(True)
    scene.frame_set(13)
    action, actions = armature.animation_data.action, len(bpy.data.actions)
    slot = getattr(armature.animation_data, "action_slot", None)
    span, frames = tuple(action.frame_range), (scene.frame_start, scene.frame_end)

    export_fbx(bpy.context, armature, tmp_path / "walk.fbx")

    assert armature.animation_data.action == action
    assert getattr(armature.animation_data, "action_slot", None) == slot
    assert tuple(action.frame_range) == span
    assert len(bpy.data.actions) == actions
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (*frames, 13)
    assert bpy.context.active_object == other
    assert list(bpy.context.selected_objects) == [other]
    assert bpy.data.objects["walk_body"].hide_get()
    names = {item.name for item in (reimport(tmp_path / "walk.fbx"), *bpy.data.objects)}
    assert names == {"walk", "walk_body"}


def test_reimported_body_is_deformed_by_24_groups(scene, make_motion_file, tmp_path):
    path, _ = make_motion_file()
    export_fbx(bpy.context, assemble_motion(bpy.context, path), tmp_path / "walk.fbx")
    reimport(tmp_path / "walk.fbx")
    body = next(item for item in bpy.data.objects if item.type == "MESH")
    assert len(body.vertex_groups) == 24
    assert np.allclose(body.matrix_world.to_scale(), 1, atol=1e-5)


def test_a_folder_that_is_not_there_is_named_in_the_error(scene, make_motion_file, tmp_path):
    path, _ = make_motion_file()
    armature = assemble_motion(bpy.context, path)
    with pytest.raises(OutputError, match="nowhere"):
        export_fbx(bpy.context, armature, tmp_path / "nowhere" / "walk.fbx")


def test_an_armature_without_keys_is_refused(scene, make_motion_file, tmp_path):
    path, _ = make_motion_file()
    armature = assemble_motion(bpy.context, path)
    armature.animation_data_clear()
    with pytest.raises(SceneError, match="no keys"):
        export_fbx(bpy.context, armature, tmp_path / "walk.fbx")
    assert list(tmp_path.glob("*.fbx")) == []


def test_operator_exports_the_only_capture_and_adds_the_ending(scene, make_motion_file, tmp_path):
    path, _ = make_motion_file()
    assemble_motion(bpy.context, path)
    assert bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "walk")) == {"FINISHED"}
    assert (tmp_path / "walk.fbx").stat().st_size > 100_000


def test_operator_without_a_capture_says_what_to_do(scene, tmp_path):
    with pytest.raises(RuntimeError, match="No armature is selected"):
        bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "walk.fbx"))


def fbx_properties(path):
    """All names and numbers of an FBX's properties, from Blender's own parser."""
    from io_scene_fbx import parse_fbx

    found = []

    def walk(element):
        if element.id == b"P":
            found.append((element.props[0].decode(), element.props[4:]))
        for child in element.elems:
            walk(child)

    walk(parse_fbx.parse(str(path))[0])
    return found


@pytest.mark.parametrize(("preset", "unit"), [("UNITY", 100.0), ("BLENDER", 100.0), ("UNREAL", 1.0), ("MAYA", 1.0)])
def test_nothing_is_scaled_in_the_unit_of_the_program(scene, make_motion_file, tmp_path, preset, unit):
    path, _ = make_motion_file()
    armature = assemble_motion(bpy.context, path)
    height = armature.data.bones["pelvis"].head_local.z
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "walk.fbx"), preset=preset)
    properties = fbx_properties(tmp_path / "walk.fbx")
    assert dict(properties)["UnitScaleFactor"][0] == unit
    scales = [values for name, values in properties if name == "Lcl Scaling"]
    assert len(scales) >= 24
    assert np.allclose(scales, 1.0, atol=1e-5)
    heights = [abs(value) for name, values in properties if name == "Lcl Translation" for value in values]
    assert np.isclose(heights, height * 100.0 / unit, rtol=1e-4).any()


def test_a_scene_in_centimetres_is_as_large_as_one_in_metres(scene, make_motion_file, tmp_path):
    scene.unit_settings.scale_length = 0.01
    path, _ = make_motion_file()
    armature = assemble_motion(bpy.context, path)
    armature.scale = (100.0, 100.0, 100.0)
    head = bone_heads(armature, 10) / 100.0
    bpy.ops.jointwise.export_fbx(filepath=str(tmp_path / "walk.fbx"), preset="UNREAL")
    assert np.abs(bone_heads(reimport(tmp_path / "walk.fbx"), 10) - head).max() < 1e-3
