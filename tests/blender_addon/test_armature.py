import bpy
import numpy as np
import pytest
from blender_addon_synthetic import bone_heads, rotvec_to_rotmat, to_world
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.skeleton import JOINT_NAMES, PARENTS


@pytest.fixture
def captured(scene, make_motion_file):
    path, motion = make_motion_file()
    return assemble_motion(bpy.context, path), motion


def camera_height():
    return bpy.data.objects["walk_camera"].location.z


def test_heads_lie_where_the_motion_file_has_its_joints(captured):
    armature, motion = captured
    for row in range(motion.frame_count):
        expected = to_world(motion.joints[row].astype(np.float64), camera_height())
        assert np.abs(bone_heads(armature, row + 1) - expected).max() < 1e-4


def test_armature_stands_upright_with_identity_transforms_and_every_bone_rests_in_smpl_axes(captured):
    armature, _ = captured
    assert np.allclose(armature.matrix_world, np.eye(4), atol=0)
    left_up_forward = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    for bone in armature.data.bones:
        assert np.abs(np.array(bone.matrix_local.to_3x3()) - left_up_forward).max() < 1e-6
    heads = {bone.name: bone.head_local for bone in armature.data.bones}
    assert heads["left_wrist"].x > heads["pelvis"].x > heads["right_wrist"].x
    assert heads["head"].z > heads["pelvis"].z > heads["left_foot"].z > 0
    assert heads["left_foot"].y < heads["left_ankle"].y


def test_armature_has_the_24_bones_of_smpl_in_their_tree(captured):
    armature, _ = captured
    parents = {bone.name: bone.parent.name if bone.parent else None for bone in armature.data.bones}
    assert parents == {
        name: JOINT_NAMES[parent] if parent >= 0 else None for name, parent in zip(JOINT_NAMES, PARENTS, strict=True)
    }


def test_pose_rotations_are_smpl_rotations_but_for_the_root(captured):
    armature, motion = captured
    row = 17
    bone_heads(armature, row + 1)
    poses = motion.poses[row].reshape(24, 3).astype(np.float64)
    for name, rotvec in zip(JOINT_NAMES[1:], poses[1:], strict=True):
        quat = armature.pose.bones[name].rotation_quaternion.normalized()
        assert np.abs(np.array(quat.to_matrix()) - rotvec_to_rotmat(rotvec)).max() < 1e-5
    root = armature.pose.bones["pelvis"].rotation_quaternion.normalized()
    assert np.abs(np.array(root.to_matrix()) - np.diag([1, -1, -1]) @ rotvec_to_rotmat(poses[0])).max() < 1e-5


def test_rest_pose_stands_with_its_soles_on_the_floor(captured):
    heights = [vertex.co.z for vertex in bpy.data.objects["walk_body"].data.vertices]
    assert abs(min(heights)) < 1e-5
    assert 1.2 < max(heights) < 2.2
