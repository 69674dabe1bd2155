import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.motion_import.bvh import load_bvh_clip
from core.motion_import.rest_pose import LIMBS, OFFSETS_M, shortest_rotation, transfer
from core.rotations import rotmat_to_rotvec
from core.skeleton import JOINT_NAMES, PARENTS
from core.training.prepare.cmu_asf_amc import load_amc, load_asf


def naive_joints(rotmat, pelvis):
    """Joints of the generic skeleton, one frame, joint by joint."""
    positions, turns = np.zeros((24, 3)), [None] * 24
    for joint, parent in enumerate(PARENTS):
        local = Rotation.from_matrix(rotmat[joint])
        turns[joint] = local if parent < 0 else turns[parent] * local
        positions[joint] = pelvis if parent < 0 else positions[parent] + turns[parent].apply(OFFSETS_M[joint])
    return positions


def angle_deg(a, b):
    return np.rad2deg(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))


def amc_clip(asf_amc, folder, angles):
    asf_amc.write_asf(folder / "05.asf")
    asf_amc.write_amc(folder / "05_01.amc", angles)
    return load_amc(folder / "05_01.amc", load_asf(folder / "05.asf"))


def test_limbs_point_as_in_the_amc_file(asf_amc, tmp_path):
    angles = asf_amc.motion(8)
    motion = transfer(amc_clip(asf_amc, tmp_path, angles))
    for frame in range(8):
        result, source = (
            naive_joints(motion.rotmat[frame], motion.pelvis[frame]),
            asf_amc.naive_positions(angles, frame),
        )
        for start, end in LIMBS:
            bone = source[asf_amc.joints[JOINT_NAMES[end]]] - source[asf_amc.joints[JOINT_NAMES[start]]]
            assert angle_deg(result[end] - result[start], bone) < 0.1
    assert motion.limb_error_deg < 0.1


@pytest.mark.parametrize("rig", ["mb", "daz"])
def test_limbs_point_as_in_the_bvh_file(bvh_files, tmp_path, rig):
    angles, position = bvh_files.motion(rig, 8)
    bvh_files.write(tmp_path / "05_01.bvh", rig, angles, position)
    motion = transfer(load_bvh_clip(tmp_path / "05_01.bvh"))
    names = bvh_files.joints[rig]
    for frame in range(8):
        result = naive_joints(motion.rotmat[frame], motion.pelvis[frame])
        source = bvh_files.naive_positions(rig, angles, position, frame)
        for start, end in LIMBS:
            if JOINT_NAMES[end] in names:
                bone = source[names[JOINT_NAMES[end]]] - source[names[JOINT_NAMES[start]]]
                assert angle_deg(result[end] - result[start], bone) < 0.1


def test_an_elbow_bends_about_its_own_y(asf_amc, tmp_path):
    angles = {name: np.zeros((1, width)) for name, width in {**asf_amc.channels(), "root": 6}.items()}
    angles["lradius"][:] = angles["rradius"][:] = 70
    rotvec = rotmat_to_rotvec(transfer(amc_clip(asf_amc, tmp_path, angles)).rotmat)[0]
    np.testing.assert_allclose(rotvec[18], [0, -np.deg2rad(70), 0], atol=0.05)
    np.testing.assert_allclose(rotvec[19], [0, np.deg2rad(70), 0], atol=0.05)


def test_a_turned_and_moved_recording_gives_the_same_body_pose(asf_amc, tmp_path):
    angles = asf_amc.motion(5)
    motion = transfer(amc_clip(asf_amc, tmp_path, angles))
    turned = {**angles, "root": angles["root"].copy()}
    turned["root"][:, 3:] = [[10, 130, -20]]
    turned["root"][:, :3] += 7
    (tmp_path / "turned").mkdir()
    other = transfer(amc_clip(asf_amc, tmp_path / "turned", turned))
    np.testing.assert_allclose(other.rotmat[:, 1:], motion.rotmat[:, 1:], atol=1e-6)


def test_the_recording_stands_at_the_scale_of_the_generic_legs(asf_amc, tmp_path):
    motion = transfer(amc_clip(asf_amc, tmp_path, asf_amc.motion(5)))
    # 17 units up on legs of 14.7 units; the generic legs are 0.80 m.
    assert motion.pelvis[0, 1] == pytest.approx(17 * 0.802 / 14.7, abs=0.1)


def test_joints_without_a_bone_follow_their_parent(bvh_files, tmp_path):
    angles, position = bvh_files.motion("daz", 3)
    bvh_files.write(tmp_path / "a.bvh", "daz", angles, position)
    motion = transfer(load_bvh_clip(tmp_path / "a.bvh"))
    for name in ("left_foot", "right_foot", "left_hand", "right_hand"):
        np.testing.assert_allclose(motion.rotmat[:, JOINT_NAMES.index(name)], np.tile(np.eye(3), (3, 1, 1)), atol=1e-9)


@pytest.mark.parametrize("end", [(1, 0, 0), (-1, 0, 0), (0.3, -2, 1)])
def test_shortest_rotation_takes_one_direction_to_the_other(end):
    start, end = np.array([1.0, 0, 0]), np.array(end, float)
    rotation = shortest_rotation(start, end)
    np.testing.assert_allclose(rotation @ start, end / np.linalg.norm(end), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
