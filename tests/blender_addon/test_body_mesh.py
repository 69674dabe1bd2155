import itertools

import bpy
import numpy as np
import pytest
from blender_addon_synthetic import body_model, bone_heads, rotvec_to_rotmat, to_world
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.body_model import load_open_body
from jointwise_ext.core.skeleton import JOINT_NAMES


@pytest.fixture
def captured(scene, make_motion_file):
    path, motion = make_motion_file()
    assemble_motion(bpy.context, path)
    return bpy.data.objects["walk_body"], motion


def evaluated_vertices(item):
    mesh = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    coordinates = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", coordinates)
    return coordinates.reshape(-1, 3)


@pytest.mark.parametrize("body_name", ["open", "smpl"])
def test_without_preserve_volume_the_skin_is_the_cores_skin(scene, make_motion_file, smpl_file, body_name):
    own_file = smpl_file if body_name == "smpl" else None
    path, motion = make_motion_file(smpl_file=own_file)
    assemble_motion(bpy.context, path, smpl_file=own_file)
    body = bpy.data.objects["walk_body"]
    body.modifiers[0].use_deform_preserve_volume = False
    row = 11
    bone_heads(body.parent, row + 1)
    rotmat = np.array([[rotvec_to_rotmat(joint) for joint in motion.poses[row].reshape(24, 3).astype(np.float64)]])
    model = body_model(own_file)
    expected = model.pose_vertices(rotmat, motion.betas.astype(np.float64), motion.trans[row : row + 1])[0]
    height = bpy.data.objects["walk_camera"].location.z
    assert len(body.data.vertices) == (6890 if own_file else len(model.body_file.v_template))
    assert np.abs(evaluated_vertices(body) - to_world(expected, height)).max() < 1e-3


def test_a_body_without_uvs_gives_a_mesh_without_uvs(scene, make_motion_file, smpl_file):
    path, _ = make_motion_file(smpl_file=smpl_file)
    assemble_motion(bpy.context, path, smpl_file=smpl_file)
    mesh = bpy.data.objects["walk_body"].data
    assert len(mesh.uv_layers) == 0
    assert len(mesh.materials) == 1


def test_each_vertex_has_weights_that_sum_to_one_and_only_groups_of_joints(captured):
    body, _ = captured
    assert [group.name for group in body.vertex_groups] == list(JOINT_NAMES)
    sums = [sum(element.weight for element in vertex.groups) for vertex in body.data.vertices]
    assert np.abs(np.array(sums) - 1).max() < 1e-5


def test_body_is_smooth_has_uvs_a_material_and_preserves_volume(captured):
    body, _ = captured
    assert all(polygon.use_smooth for polygon in body.data.polygons)
    assert body.modifiers[0].use_deform_preserve_volume
    assert body.modifiers[0].object == body.parent
    assert len(body.data.materials) == 1
    coordinates = np.array([list(item.vector) for item in body.data.uv_layers[0].uv])
    expected = load_open_body().body_file.uv.reshape(-1, 2)
    assert np.abs(coordinates - expected).max() < 1e-6


def test_faces_look_outwards(captured):
    body, _ = captured
    mesh = body.data
    volume = 0.0
    for polygon in mesh.polygons:
        corners = [np.array(mesh.vertices[index].co) for index in polygon.vertices]
        for second, third in itertools.pairwise(corners[1:]):
            volume += np.dot(corners[0], np.cross(second, third)) / 6
    assert 0.03 < volume < 0.2
