import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from core.errors import MotionDataError
from core.training.datasets.amass import amass_folders, read_amass


def test_old_and_new_folder_names_and_both_releases_are_found(tmp_path, amass_files):
    amass_files.write(tmp_path / "BioMotionLab_NTroje" / "rub001" / "0000_treadmill_poses.npz", frame_count=600)
    amass_files.write(tmp_path / "HDM05" / "bd" / "HDM_bd_poses.npz", frame_count=600)
    amass_files.write(
        tmp_path / "CMU" / "01" / "01_01_stageii.npz",
        frame_count=600, joint_count=55, rate_key="mocap_frame_rate", gender="neutral",
    )  # fmt: skip
    found = {sequence.name: sequence for sequence in read_amass(tmp_path)}
    assert set(found) == {
        "BioMotionLab_NTroje/rub001/0000_treadmill_poses", "HDM05/bd/HDM_bd_poses", "CMU/01/01_01_stageii",
    }  # fmt: skip
    assert found["CMU/01/01_01_stageii"].gender == "neutral"
    assert {sequence.axes for sequence in found.values()} == {"world_z_up"}


@pytest.mark.parametrize(("joint_count", "hands"), [(52, (22, 37)), (55, (25, 40))])
def test_the_24_joints_are_the_body_and_the_index_fingers_first_joints(tmp_path, amass_files, joint_count, hands):
    path = tmp_path / "CMU" / "01" / "01_01_poses.npz"
    arrays = amass_files.write(path, frame_count=100, joint_count=joint_count, rate=25.0)
    (sequence,) = read_amass(tmp_path)
    joints = arrays["poses"].reshape(100, joint_count, 3)
    np.testing.assert_allclose(sequence.poses[:, :22], joints[:, :22], atol=1e-6)
    np.testing.assert_allclose(sequence.poses[:, 22], joints[:, hands[0]], atol=1e-6)
    np.testing.assert_allclose(sequence.poses[:, 23], joints[:, hands[1]], atol=1e-6)
    np.testing.assert_allclose(sequence.betas, arrays["betas"][:10], atol=1e-6)


@pytest.mark.parametrize(("rate", "target", "count"), [(100.0, 25.0, 100), (120.0, 30.0, 100), (120.0, 25.0, 84)])
def test_frames_are_those_at_the_wanted_rate(tmp_path, amass_files, rate, target, count):
    arrays = amass_files.write(tmp_path / "KIT" / "3" / "walk_poses.npz", frame_count=400, rate=rate)
    (sequence,) = read_amass(tmp_path, frame_rate_hz=target)
    assert (sequence.frame_count, sequence.frame_rate_hz) == (count, target)
    times = np.arange(count) * rate / target
    elbow = Slerp(np.arange(400), Rotation.from_rotvec(arrays["poses"].reshape(400, 52, 3)[:, 18]))(times)
    np.testing.assert_allclose(sequence.poses[:, 18], elbow.as_rotvec(), atol=1e-5)
    np.testing.assert_allclose(sequence.trans[:, 1], np.interp(times, np.arange(400), arrays["trans"][:, 1]), atol=1e-5)


def test_short_recordings_and_shape_files_are_left_out(tmp_path, amass_files):
    subject = tmp_path / "ACCAD" / "Female1Running_c3d"
    amass_files.write(subject / "C1_poses.npz", frame_count=59 * 5 + 1, rate=125.0, gender="female")
    amass_files.write(subject / "C2_poses.npz", frame_count=58 * 5 + 1, rate=125.0, gender="female")
    np.savez(subject / "shape.npz", gender=np.array("female"), betas=np.zeros(16))
    np.savez(subject / "female_stagei.npz", betas=np.zeros(16))
    assert [sequence.name for sequence in read_amass(tmp_path)] == ["ACCAD/Female1Running_c3d/C1_poses"]


@pytest.mark.parametrize("gender", ["male", b"male", "b'male'"])
def test_gender_is_read_however_it_was_stored(tmp_path, amass_files, gender):
    amass_files.write(tmp_path / "SFU" / "0005" / "a_poses.npz", frame_count=600, gender=gender)
    assert next(read_amass(tmp_path)).gender == "male"


def test_one_subject_under_two_genders_is_refused(tmp_path, amass_files):
    subject = tmp_path / "CMU" / "01"
    amass_files.write(subject / "01_01_stageii.npz", frame_count=600, joint_count=55, gender="male")
    amass_files.write(subject / "01_02_stageii.npz", frame_count=600, joint_count=55, gender="neutral")
    with pytest.raises(MotionDataError, match=r"01_02_stageii\.npz belongs to the neutral model but .*01_01_stageii"):
        list(read_amass(tmp_path))
    (subject / "01_02_stageii.npz").unlink()
    np.savez(subject / "neutral_stagei.npz", betas=np.zeros(16))
    with pytest.raises(MotionDataError, match=r"belongs to the male model but .*neutral_stagei"):
        list(read_amass(tmp_path))


def test_wrong_folders_are_named_with_what_was_expected(tmp_path):
    with pytest.raises(MotionDataError, match=r"nowhere does not exist; AMASS's folders \(ACCAD"):
        list(read_amass(tmp_path / "nowhere"))
    with pytest.raises(MotionDataError, match="holds none of AMASS's folders"):
        list(read_amass(tmp_path))
    with pytest.raises(MotionDataError, match="BMLmovi does not exist"):
        list(read_amass(tmp_path, data_sets=["BMLmovi"]))
    (tmp_path / "EKUT").mkdir()
    with pytest.raises(MotionDataError, match=r"EKUT holds no <subject>"):
        list(read_amass(tmp_path))


def test_a_half_downloaded_file_is_named(tmp_path, amass_files):
    path = tmp_path / "KIT" / "3" / "walk_poses.npz"
    amass_files.write(path, frame_count=400)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(MotionDataError, match=r"walk_poses\.npz is damaged or cut off"):
        list(read_amass(tmp_path))


def test_files_that_are_no_recording_are_named(tmp_path):
    path = tmp_path / "KIT" / "3" / "walk_poses.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, poses=np.zeros((9, 156)), gender=np.array("male"))
    with pytest.raises(MotionDataError, match=r"lacks trans, betas, mocap_framerate or mocap_frame_rate"):
        list(read_amass(tmp_path))
    np.savez(path, poses=np.zeros((9, 72)), trans=np.zeros((9, 3)), betas=np.zeros(10), gender="x", mocap_framerate=60)
    with pytest.raises(MotionDataError, match=r"poses has the shape \(9, 72\)"):
        list(read_amass(tmp_path))


def test_folders_are_counted_and_those_that_are_missing_are_told(tmp_path, amass_files):
    for number in range(2):
        amass_files.write(tmp_path / "MPI_HDM05" / "bd" / f"{number}_poses.npz", frame_count=10)
    np.savez(tmp_path / "MPI_HDM05" / "bd" / "shape.npz", gender=np.array("male"))
    found, missing = amass_folders(tmp_path, None)
    assert found == {"MPI_HDM05": 2}
    assert len(missing) == 14
    assert "HDM05" not in missing
    # Who names the folders misses no others.
    assert amass_folders(tmp_path, ["HDM05"]) == ({"MPI_HDM05": 2}, ())
