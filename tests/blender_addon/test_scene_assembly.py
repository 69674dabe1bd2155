import dataclasses

import bpy
import numpy as np
import pytest
from jointwise_ext.blender_addon import scene_assembly
from jointwise_ext.blender_addon.scene_assembly import AssemblyOptions, assemble_motion, assemble_motions
from jointwise_ext.core.errors import MotionFileError
from jointwise_ext.core.motion import load_motion, save_motion


def data_names():
    return {kind: sorted(item.name for item in getattr(bpy.data, kind)) for kind in scene_assembly.TRACKED_DATA}


def test_all_is_made_in_one_collection_named_after_the_video(scene, make_motion_file, tmp_path):
    path, _ = make_motion_file()
    armature = assemble_motion(bpy.context, path)
    collection = bpy.data.collections["walk"]
    assert sorted(item.name for item in collection.objects) == ["walk", "walk_body", "walk_camera"]
    assert list(scene.collection.objects) == []
    assert bpy.context.active_object == armature
    assert list(bpy.context.selected_objects) == [armature]
    assert bpy.context.view_layer.active_layer_collection.collection == scene.collection


def test_scene_is_long_enough_but_never_made_shorter(scene, make_motion_file):
    path, motion = make_motion_file()
    scene.frame_end = 10
    assemble_motion(bpy.context, path)
    assert scene.frame_end == motion.frame_count
    scene.frame_end = 5000
    assemble_motion(bpy.context, path)
    assert scene.frame_end == 5000


def test_failure_leaves_nothing_behind(scene, make_motion_file, monkeypatch):
    path, _ = make_motion_file()
    before = data_names()

    def fail(*arguments):
        raise MotionFileError("No.")

    monkeypatch.setattr(scene_assembly, "create_camera", fail)
    with pytest.raises(MotionFileError):
        assemble_motion(bpy.context, path)
    assert data_names() == before
    assert list(scene.collection.children) == []


def test_damaged_second_person_leaves_nothing_of_the_first(scene, make_motion_file, tmp_path):
    path, _ = make_motion_file()
    (tmp_path / "text.npz").write_text("no motion")
    before = data_names()
    with pytest.raises(MotionFileError):
        assemble_motions(bpy.context, [path, tmp_path / "text.npz"], None, AssemblyOptions())
    assert data_names() == before


def test_motion_without_frames_is_refused_in_a_sentence(scene, make_motion_file, tmp_path):
    path, motion = make_motion_file()
    per_frame = [
        field.name for field in dataclasses.fields(motion) if np.shape(getattr(motion, field.name))[:1] == (40,)
    ]
    save_motion(dataclasses.replace(motion, **{name: getattr(motion, name)[:0] for name in per_frame}), path)
    with pytest.raises(MotionFileError, match="has no frames"):
        assemble_motion(bpy.context, path)


def test_several_people_share_floor_and_camera(scene, make_motion_file):
    first, _ = make_motion_file("a.npz")
    second, _ = make_motion_file("b.npz", first_frame_id=30)
    assembly = assemble_motions(bpy.context, [first, second], None, AssemblyOptions())
    assert [armature.name for armature in assembly.armatures] == ["a", "a_person2"]
    assert len([item for item in scene.objects if item.type == "CAMERA"]) == 1
    assert bpy.context.active_object == assembly.armatures[0]


def test_options_leave_out_body_and_camera(scene, make_motion_file):
    path, _ = make_motion_file()
    assemble_motions(bpy.context, [path], None, AssemblyOptions(add_body=False, add_camera=False))
    assert [item.name for item in scene.objects] == ["walk"]


def test_motion_of_another_body_gives_its_own_skeleton_without_a_mesh(scene, make_motion_file):
    path, motion = make_motion_file()
    stretched = dataclasses.replace(motion, joints=motion.joints * 1.1, trans=motion.trans * 1.1, body="smpl")
    save_motion(stretched, path)
    assembly = assemble_motions(bpy.context, [path], None, AssemblyOptions())
    assert not [item for item in scene.objects if item.type == "MESH"]
    assert "another body" in assembly.notes[0]
    scene.frame_set(20)
    wrist = assembly.armatures[0].pose.bones["left_wrist"].head
    height = assembly.camera.location.z
    x, y, z = load_motion(path).joints[19, 20]
    assert np.abs(np.array(wrist) - [x, z, height - y]).max() < 1e-4


def test_pose_mode_of_another_armature_is_left_first(scene, make_motion_file):
    path, _ = make_motion_file()
    assemble_motion(bpy.context, path)
    bpy.ops.object.mode_set(mode="POSE")
    second = assemble_motion(bpy.context, path)
    assert bpy.context.active_object == second
    assert bpy.context.object.mode == "OBJECT"
