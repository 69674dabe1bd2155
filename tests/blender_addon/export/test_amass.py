import bpy
import numpy as np
import pytest
from blender_addon_export_rigs import add_rig, scene_state
from blender_addon_synthetic import body_model, bone_heads, pose_joints
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.rotations import rotvec_to_rotmat
from jointwise_ext.core.skeleton import PARENTS
from mathutils import Matrix


@pytest.fixture
def captured(scene, make_motion_file):
    path, motion = make_motion_file()
    armature = assemble_motion(bpy.context, path)
    scene.frame_set(1)
    return armature, motion


def export(path, **options):
    assert bpy.ops.jointwise.export_amass(filepath=str(path), **options) == {"FINISHED"}
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def test_posing_the_body_with_the_file_gives_the_scenes_joints(captured, tmp_path):
    armature, motion = captured
    before = scene_state()
    arrays = export(tmp_path / "walk.npz")
    assert scene_state() == before
    assert (arrays["poses"].shape, arrays["trans"].shape) == ((40, 72), (40, 3))
    assert (float(arrays["mocap_framerate"]), str(arrays["gender"]), str(arrays["body"])) == (30.0, "neutral", "open")
    assert np.array_equal(arrays["betas"], np.zeros(10))
    assert np.allclose(arrays["open_betas"], motion.betas)
    rest = body_model().rest_joints(arrays["open_betas"].astype(np.float64))
    for row in (0, 17, 39):
        posed = pose_joints(arrays["poses"][row].reshape(24, 3).astype(float), arrays["trans"][row], rest, PARENTS)
        assert np.abs(posed - bone_heads(armature, 1 + row)).max() < 1e-3


def test_rotations_below_the_root_are_the_motion_files(captured, tmp_path):
    _, motion = captured
    poses = export(tmp_path / "walk.npz")["poses"]
    got, wanted = (rotvec_to_rotmat(array.reshape(40, 24, 3).astype(float)) for array in (poses, motion.poses))
    assert np.abs(got[:, 1:] - wanted[:, 1:]).max() < 1e-4
    # AMASS has z up where the camera looks along z.
    assert np.abs(got[:, 0] - np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) @ wanted[:, 0]).max() < 1e-4


def test_smpl_betas_go_into_the_file(scene, make_motion_file, smpl_file, tmp_path):
    path, motion = make_motion_file(smpl_file=smpl_file)
    assemble_motion(bpy.context, path, smpl_file=smpl_file)
    arrays = export(tmp_path / "walk.npz")
    assert str(arrays["body"]) == "smpl"
    assert np.allclose(arrays["betas"], motion.betas)
    assert "open_betas" not in arrays


def test_rate_and_range(captured, tmp_path):
    arrays = export(tmp_path / "walk.npz", rate="CUSTOM", rate_hz=60.0, frame_range="CUSTOM", frame_end=11)
    assert (len(arrays["poses"]), float(arrays["mocap_framerate"])) == (21, 60.0)


def test_an_armature_that_lies_on_its_side_in_its_own_axes_gives_the_same(captured, tmp_path):
    armature, _ = captured
    upright = export(tmp_path / "upright.npz")
    lying = bpy.data.objects["walk"].data
    # SMPL's own axes in the armature, stood up by the object: as other programs' SMPL rigs have it.
    stand = Matrix(((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))
    lying.transform(stand.inverted())
    armature.matrix_world = stand
    turned = export(tmp_path / "turned.npz")
    assert np.abs(turned["poses"] - upright["poses"]).max() < 1e-4
    assert np.abs(turned["trans"] - upright["trans"]).max() < 1e-4


def test_another_rig_is_refused_by_name(scene, tmp_path):
    bpy.context.view_layer.objects.active = add_rig()
    with pytest.raises(RuntimeError, match="AMASS files hold SMPL's bones, and rig has no pelvis"):
        bpy.ops.jointwise.export_amass(filepath=str(tmp_path / "rig.npz"))
    assert list(tmp_path.iterdir()) == []


def test_an_a_pose_is_refused(captured, tmp_path):
    armature, _ = captured
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for name in ("left_elbow", "left_wrist", "left_hand"):
        armature.data.edit_bones[name].head.z -= 0.5
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(RuntimeError, match="does not rest in SMPL's T-pose"):
        bpy.ops.jointwise.export_amass(filepath=str(tmp_path / "walk.npz"))
    assert not (tmp_path / "walk.npz.partial").exists()
