import dataclasses

import bpy
import numpy as np
import pytest
from jointwise_ext.blender_addon import scene_assembly
from jointwise_ext.blender_addon.floor import floor_height_m
from jointwise_ext.blender_addon.rest_pose import shape_body
from jointwise_ext.blender_addon.scene_assembly import AssemblyOptions, assemble_motion, assemble_motions
from jointwise_ext.core.body_model import load_open_body
from jointwise_ext.core.errors import MotionFileError
from jointwise_ext.core.motion import load_motion, save_motion
from jointwise_ext.core.smpl_files import load_smpl_file


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


@pytest.mark.parametrize("body_name", ["open", "smpl", "of_the_future"])
def test_motion_of_another_body_gives_its_own_skeleton_without_a_mesh(scene, make_motion_file, smpl_file, body_name):
    path, motion = make_motion_file(smpl_file=smpl_file if body_name == "smpl" else None)
    stretched = dataclasses.replace(motion, joints=motion.joints * 1.1, trans=motion.trans * 1.1, body=body_name)
    save_motion(stretched, path)
    assembly = assemble_motions(bpy.context, [path], None, AssemblyOptions(smpl_file=smpl_file))
    assert not [item for item in scene.objects if item.type == "MESH"]
    assert "another body" in assembly.notes[0]
    scene.frame_set(20)
    wrist = assembly.armatures[0].pose.bones["left_wrist"].head
    height = assembly.camera.location.z
    x, y, z = load_motion(path).joints[19, 20]
    assert np.abs(np.array(wrist) - [x, z, height - y]).max() < 1e-4


def test_smpl_motion_gets_its_mesh_from_the_users_file(scene, make_motion_file, smpl_file):
    path, motion = make_motion_file(smpl_file=smpl_file)
    assembly = assemble_motions(bpy.context, [path], None, AssemblyOptions(smpl_file=smpl_file))
    assert len(bpy.data.objects["walk_body"].data.vertices) == 6890
    assert assembly.notes == []
    shaped = shape_body(load_smpl_file(smpl_file), motion.betas)
    assert np.isclose(assembly.camera.location.z, -floor_height_m(motion, shaped.foot_landmark_heights), atol=1e-6)


def test_smpl_motion_without_the_file_has_no_mesh_and_the_note_names_the_preference(scene, make_motion_file, smpl_file):
    path, _ = make_motion_file(smpl_file=smpl_file)
    assembly = assemble_motions(bpy.context, [path], None, AssemblyOptions())
    assert not [item for item in scene.objects if item.type == "MESH"]
    assert assembly.notes == [
        "The motion of walk was made with the SMPL body: it has no mesh, "
        "because no SMPL File is set in the add-on's preferences."
    ]


def test_people_on_different_bodies_stand_side_by_side(scene, make_motion_file, smpl_file):
    first, _ = make_motion_file("a.npz", smpl_file=smpl_file)
    second, _ = make_motion_file("b.npz")
    assemble_motions(bpy.context, [first, second], None, AssemblyOptions(smpl_file=smpl_file))
    open_count = len(load_open_body().body_file.v_template)
    assert [len(bpy.data.objects[name].data.vertices) for name in ("a_body", "a_person2_body")] == [6890, open_count]


def test_no_note_about_a_mesh_that_nobody_wants(scene, make_motion_file, smpl_file):
    path, _ = make_motion_file(smpl_file=smpl_file)
    assert assemble_motions(bpy.context, [path], None, AssemblyOptions(add_body=False)).notes == []


def test_pose_mode_of_another_armature_is_left_first(scene, make_motion_file):
    path, _ = make_motion_file()
    assemble_motion(bpy.context, path)
    bpy.ops.object.mode_set(mode="POSE")
    second = assemble_motion(bpy.context, path)
    assert bpy.context.active_object == second
    assert bpy.context.object.mode == "OBJECT"
