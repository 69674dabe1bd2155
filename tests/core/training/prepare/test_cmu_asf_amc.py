import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.prepare.cmu_asf_amc import load_amc, load_asf


@pytest.fixture
def files(asf_amc, tmp_path):
    asf_amc.write_asf(tmp_path / "05.asf")
    angles = asf_amc.motion(9)
    asf_amc.write_amc(tmp_path / "05_01.amc", angles)
    return tmp_path, angles


def test_joint_positions_equal_a_naive_evaluation(files, asf_amc):
    folder, angles = files
    clip = load_amc(folder / "05_01.amc", load_asf(folder / "05.asf"))
    for frame in range(9):
        naive = asf_amc.naive_positions(angles, frame)
        for joint, bone in asf_amc.joints.items():
            np.testing.assert_allclose(clip.positions[joint][frame], naive[bone], atol=1e-5)


def test_zero_angles_give_identity_rotations_and_the_rest_positions(asf_amc, tmp_path):
    asf_amc.write_asf(tmp_path / "05.asf")
    angles = {name: np.zeros((1, width)) for name, width in {**asf_amc.channels(), "root": 6}.items()}
    asf_amc.write_amc(tmp_path / "05_01.amc", angles)
    clip = load_amc(tmp_path / "05_01.amc", load_asf(tmp_path / "05.asf"))
    for joint, rotation in clip.rotations.items():
        np.testing.assert_allclose(rotation[0], np.eye(3), atol=1e-12)
        np.testing.assert_allclose(clip.positions[joint][0], clip.rest[joint], atol=1e-12)


def test_elbow_axis_is_that_of_the_file(files):
    folder, _ = files
    clip = load_amc(folder / "05_01.amc", load_asf(folder / "05.asf"))
    np.testing.assert_allclose(clip.hinge_axes["left_elbow"], [0, -np.sqrt(0.75), 0.5], atol=1e-12)


def test_root_order_of_the_skeleton_counts(files, asf_amc):
    folder, angles = files
    text = (folder / "05.asf").read_text().replace("TX TY TZ RX RY RZ", "RX RY RZ TX TY TZ")
    (folder / "turned.asf").write_text(text)
    turned = {**angles, "root": angles["root"][:, [3, 4, 5, 0, 1, 2]]}
    asf_amc.write_amc(folder / "turned.amc", turned)
    clip = load_amc(folder / "turned.amc", load_asf(folder / "turned.asf"))
    same = load_amc(folder / "05_01.amc", load_asf(folder / "05.asf"))
    np.testing.assert_allclose(clip.positions["head"], same.positions["head"], atol=1e-9)


def test_a_motion_cut_within_a_line_names_the_line(files):
    folder, _ = files
    text = (folder / "05_01.amc").read_text()
    (folder / "05_01.amc").write_text(text[: text.rindex("lfemur") + 16])
    with pytest.raises(MotionDataError, match=r"05_01\.amc, line \d+"):
        load_amc(folder / "05_01.amc", load_asf(folder / "05.asf"))


@pytest.mark.parametrize("content", ["", ":version 1.10\n:bonedata\n", "not a skeleton"])
def test_a_file_that_is_no_skeleton_is_named(tmp_path, content):
    (tmp_path / "05.asf").write_text(content)
    with pytest.raises(MotionDataError, match=r"05\.asf is not an ASF skeleton"):
        load_asf(tmp_path / "05.asf")


def test_a_skeleton_cut_off_in_its_bones_is_named(files):
    folder, _ = files
    text = (folder / "05.asf").read_text()
    (folder / "05.asf").write_text(text[: len(text) // 2])
    with pytest.raises(MotionDataError, match=r"05\.asf"):
        load_asf(folder / "05.asf")


def test_radians_are_refused(files):
    folder, _ = files
    (folder / "05.asf").write_text((folder / "05.asf").read_text().replace("angle deg", "angle rad"))
    with pytest.raises(MotionDataError, match="degrees"):
        load_asf(folder / "05.asf")
