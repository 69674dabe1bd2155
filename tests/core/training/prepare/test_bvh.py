import numpy as np
import pytest

from core.errors import MotionDataError
from core.motion_import.bvh import load_bvh_clip, load_bvh_motion
from core.motion_import.rest_pose import rest_corrections
from core.motion_import.rigs import CHARACTER_CREATOR


@pytest.mark.parametrize("rig", ["mb", "daz"])
def test_joint_positions_equal_a_naive_evaluation(bvh_files, tmp_path, rig):
    angles, position = bvh_files.motion(rig, 6)
    bvh_files.write(tmp_path / "05_01.bvh", rig, angles, position)
    clip = load_bvh_clip(tmp_path / "05_01.bvh")
    assert (clip.rig, clip.frame_count, clip.frame_rate_hz) == (rig, 6, 120.0)
    for frame in range(6):
        naive = bvh_files.naive_positions(rig, angles, position, frame)
        for joint, bone in bvh_files.joints[rig].items():
            np.testing.assert_allclose(clip.positions[joint][frame], naive[bone], atol=1e-5)


def test_the_zero_pose_in_the_first_frame_is_no_motion(bvh_files, tmp_path):
    angles, position = bvh_files.motion("mb", 4)
    bvh_files.write(tmp_path / "a.bvh", "mb", angles, position, zero_pose=True)
    assert load_bvh_motion(tmp_path / "a.bvh").values.shape[0] == 5
    assert load_bvh_clip(tmp_path / "a.bvh").frame_count == 4


def test_the_iclone_rig_is_told_by_its_constants_and_counts_positions_from_the_offset(tmp_path):
    """Every bone hangs on the root here: the reader needs names, not a hierarchy."""
    bones = [bone for bone in CHARACTER_CREATOR.joint_bones().values() if bone != "CC_Base_Hip"]
    head = "ROOT CC_Base_Hip\n{\nOFFSET 0 105 0\nCHANNELS 6 Xposition Yposition Zposition "
    head += "Zrotation Yrotation Xrotation\n"
    joint = "JOINT {}\n{{\nOFFSET 1 2 3\nCHANNELS 3 Zrotation Yrotation Xrotation\nEnd Site\n{{\nOFFSET 0 0 0\n}}\n}}\n"
    rows = " ".join(["1", "2", "3", *["0"] * (3 + 3 * len(bones))])
    text = "HIERARCHY\n" + head + "".join(joint.format(bone) for bone in bones) + "}\nMOTION\n"
    (tmp_path / "05_01.bvh").write_text(f"{text}Frames: 1\nFrame Time: 0.016667\n{rows}\n")
    clip = load_bvh_clip(tmp_path / "05_01.bvh")
    assert clip.frame_rate_hz == 60.0
    np.testing.assert_allclose(clip.positions["pelvis"], [[1, 107, 3]])
    constants = rest_corrections(clip)
    np.testing.assert_allclose(constants @ np.swapaxes(constants, -1, -2), np.tile(np.eye(3), (24, 1, 1)), atol=1e-9)
    # Its thighs lie along +y of their bones, SMPL's along -y.
    np.testing.assert_allclose(constants[1] @ [0, -1, 0], [0, 1, 0], atol=0.1)


def test_fewer_numbers_than_announced_is_a_cut_off_file(bvh_files, tmp_path):
    angles, position = bvh_files.motion("daz", 4)
    bvh_files.write(tmp_path / "a.bvh", "daz", angles, position)
    text = (tmp_path / "a.bvh").read_text()
    (tmp_path / "a.bvh").write_text(text[: len(text) - 200])
    with pytest.raises(MotionDataError, match=r"a\.bvh announces 5 frames.*cut off"):
        load_bvh_clip(tmp_path / "a.bvh")
    (tmp_path / "a.bvh").write_text(text[: text.index("MOTION") - 40])
    with pytest.raises(MotionDataError, match=r"a\.bvh is not a BVH file"):
        load_bvh_clip(tmp_path / "a.bvh")


def test_an_unknown_skeleton_names_the_nearest_and_what_it_lacks(bvh_files, tmp_path):
    angles, position = bvh_files.motion("mb", 2)
    bvh_files.write(tmp_path / "a.bvh", "mb", angles, position)
    (tmp_path / "a.bvh").write_text((tmp_path / "a.bvh").read_text().replace("LeftToeBase", "LeftToes"))
    with pytest.raises(MotionDataError, match="nearest is mb, of which it lacks LeftToeBase"):
        load_bvh_clip(tmp_path / "a.bvh")
