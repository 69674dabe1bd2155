import numpy as np
import pytest

from core.command_line import main
from core.errors import MotionDataError
from core.motion_import.rest_pose import LIMBS
from core.rotations import rotvec_to_rotmat
from core.skeleton import JOINT_NAMES
from core.training.clips import load_motion_library
from core.training.prepare.cmu_folder import find_recordings, split_of
from core.training.prepare.cmu_prepare import floor_height_m, prepare_cmu, valid_frames


@pytest.fixture
def database(asf_amc, bvh_files, tmp_path):
    """Three subjects: AMC of 02 and 03, a BVH of 60; 02_01 is there as BVH too."""
    for subject in ("02", "03"):
        folder = tmp_path / "subjects" / subject
        folder.mkdir(parents=True)
        asf_amc.write_asf(folder / f"{subject}.asf")
        asf_amc.write_amc(folder / f"{subject}_01.amc", asf_amc.motion(121, seed=int(subject)))
    (tmp_path / "bvh").mkdir()
    for name in ("60_01", "02_01"):
        bvh_files.write(tmp_path / "bvh" / f"{name}.bvh", "mb", *bvh_files.motion("mb", 121))
    (tmp_path / "index.txt").write_text("Subject #2 (various)\n02_01\twalk, stop\n60_01   salsa\n")
    return tmp_path


def prepared(folder, **options):
    lines = []
    prepare_cmu(folder, folder / "motions.npz", lines.append, **options)
    return dict(np.load(folder / "motions.npz")), lines


def test_the_trainer_reads_the_file(database):
    assert main(["prepare", "cmu", str(database), "--output", str(database / "motions.npz")]) == 0
    library = load_motion_library(database / "motions.npz")
    assert library.frame_rate == 30.0
    assert [sum(map(len, library.window_starts(split, 16))) > 0 for split in ("train", "val", "test")] == [True] * 3


def test_clips_carry_their_names_subjects_splits_and_descriptions(database):
    arrays, _ = prepared(database)
    assert arrays["clip_name"].tolist() == ["02_01", "03_01", "60_01"]
    assert arrays["clip_subject"].tolist() == [2, 3, 60]
    assert arrays["clip_split"].tolist() == ["test", "val", "train"]
    assert arrays["clip_desc"].tolist() == ["walk, stop", "", "salsa"]
    assert arrays["clip_rig"].tolist() == ["amc", "amc", "mb"]
    assert "NSF EIA-0196217" in str(arrays["licence"])


def test_120_hz_becomes_30_and_the_salsa_couple_counts_as_60(database):
    arrays, _ = prepared(database)
    # 121 frames: 1 s at 120 Hz, 2 s at 60 Hz.
    assert arrays["clip_len"].tolist() == [31, 31, 61]
    assert arrays["clip_start"].tolist() == [0, 31, 62]
    assert arrays["poses"].shape == (123, 24, 3)


def test_a_frame_rate_given_by_hand_wins(database):
    arrays, _ = prepared(database, frame_rate_hz=60.0)
    assert arrays["clip_len"].tolist() == [61, 61, 61]


def test_limbs_in_the_file_point_as_in_the_recording(database, asf_amc):
    arrays, _ = prepared(database)
    rotmat = rotvec_to_rotmat(arrays["poses"][:31].astype(float))
    angles = asf_amc.motion(121, seed=2)
    parents = arrays["parents"]
    for row in range(0, 31, 6):
        turns = [rotmat[row, 0]]
        for joint in range(1, 24):
            turns.append(turns[parents[joint]] @ rotmat[row, joint])
        source = asf_amc.naive_positions(angles, 4 * row)
        for start, end in LIMBS:
            bone = source[asf_amc.joints[JOINT_NAMES[end]]] - source[asf_amc.joints[JOINT_NAMES[start]]]
            result = turns[start] @ arrays["offsets"][end]
            sine = np.linalg.norm(np.cross(bone, result)) / np.linalg.norm(bone) / np.linalg.norm(result)
            assert np.rad2deg(np.arcsin(sine)) < 0.1
            assert bone @ result > 0


def test_a_jump_makes_its_neighbours_invalid():
    rotmat = np.tile(np.eye(3), (20, 24, 1, 1))
    rotmat[10:, JOINT_NAMES.index("left_knee")] = rotvec_to_rotmat(np.array([np.deg2rad(56), 0, 0]))
    assert np.flatnonzero(~valid_frames(rotmat)).tolist() == [8, 9, 10, 11]
    rotmat[10:, JOINT_NAMES.index("left_knee")] = rotvec_to_rotmat(np.array([np.deg2rad(54), 0, 0]))
    rotmat[10:, JOINT_NAMES.index("left_wrist")] = rotvec_to_rotmat(np.array([np.deg2rad(90), 0, 0]))
    assert valid_frames(rotmat).all()


def test_floor_is_where_the_feet_stand():
    rotmat = np.tile(np.eye(3), (50, 24, 1, 1))
    pelvis = np.tile([0.0, 1.2, 0.0], (50, 1))
    # The generic T-pose's toes are 0.945 m below its pelvis.
    assert floor_height_m(rotmat, pelvis) == pytest.approx(1.2 - 0.945)


def test_no_subject_stands_on_two_sides():
    splits = {subject: split_of(subject, None, None) for subject in range(1, 145)}
    assert {splits[60], splits[61]} == {"train"}
    assert set(splits.values()) == {"train", "val", "test"}
    assert split_of(5, [5], [6]) == "val"
    assert split_of(6, [5], [6]) == "test"
    assert split_of(2, [5], [6]) == "train"


def test_files_without_a_number_are_named_by_folder_and_share_its_subject(bvh_files, tmp_path):
    for name in ("salsa/01", "salsa/02", "martial/01"):
        path = tmp_path / f"{name}.bvh"
        path.parent.mkdir(exist_ok=True)
        bvh_files.write(path, "daz", *bvh_files.motion("daz", 3))
    found = {recording.name: recording.subject for recording in find_recordings(tmp_path)}
    assert set(found) == {"salsa_01", "salsa_02", "martial_01"}
    assert found["salsa_01"] == found["salsa_02"] != found["martial_01"]
    assert min(found.values()) >= 1000


def test_a_damaged_recording_is_named_and_left_out(database):
    path = database / "subjects" / "03" / "03_01.amc"
    path.write_text(path.read_text()[:-30] + "\nlfemur 1")
    arrays, lines = prepared(database)
    assert arrays["clip_name"].tolist() == ["02_01", "60_01"]
    assert any(line.startswith("Left out") and "03_01.amc" in line for line in lines)


def test_a_motion_without_its_skeleton_says_which_file_was_expected_where(database):
    (database / "subjects" / "03" / "03.asf").unlink()
    _, lines = prepared(database)
    assert any("03.asf was expected in" in line for line in lines)


def test_wrong_folders_get_a_sentence_and_leave_no_file(tmp_path, capsys):
    with pytest.raises(MotionDataError, match="nowhere does not exist"):
        prepare_cmu(tmp_path / "nowhere", tmp_path / "out.npz", print)
    with pytest.raises(MotionDataError, match=r"holds no \.amc and no \.bvh"):
        prepare_cmu(tmp_path, tmp_path / "out.npz", print)
    (tmp_path / "05_01.amc").write_text("1\n")
    with pytest.raises(MotionDataError, match="None of the 1 recordings"):
        prepare_cmu(tmp_path, tmp_path / "out.npz", print)
    assert not (tmp_path / "out.npz").exists()
    assert main(["prepare", "cmu", str(tmp_path / "nowhere"), "--output", str(tmp_path / "out.npz")]) == 2
    assert "nowhere" in capsys.readouterr().err
