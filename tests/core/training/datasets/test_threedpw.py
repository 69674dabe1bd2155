import os
import pickle

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from core.errors import MotionDataError
from core.training.datasets.genders import require_gender
from core.training.datasets.sequence import contiguous_runs
from core.training.datasets.threedpw import read_threedpw


@pytest.fixture
def record(threedpw_files):
    return threedpw_files.record()


@pytest.fixture
def people(tmp_path, threedpw_files, record):
    threedpw_files.write(tmp_path, record)
    return list(read_threedpw(tmp_path, "test"))


def test_each_person_is_a_sequence_with_gaps_where_frames_cannot_be_used(people):
    assert [person.name for person in people] == ["downtown_test_00/person0", "downtown_test_00/person1"]
    # The camera's place is unsure in 10..12; too few keypoints are seen in 5..6.
    assert contiguous_runs(people[0].frame_ids) == [(0, 10), (10, 27)]
    assert people[0].frame_ids[10] == 13
    assert people[1].frame_ids.tolist() == [*range(5), *range(7, 30)]


def test_joints_and_orientation_are_in_camera_axes(people, record):
    for number, person in enumerate(people):
        for row, frame in enumerate(person.frame_ids):
            pose = record["cam_poses"][frame]
            world = record["jointPositions"][number][frame].reshape(24, 3)
            expected = np.array([pose[:3, :3] @ joint + pose[:3, 3] for joint in world])
            np.testing.assert_allclose(person.joints3d[row], expected, atol=1e-5)
            orient = pose[:3, :3] @ Rotation.from_rotvec(record["poses"][number][frame][:3]).as_matrix()
            np.testing.assert_allclose(Rotation.from_rotvec(person.poses[row, 0]).as_matrix(), orient, atol=1e-5)
            np.testing.assert_allclose(person.poses[row, 1:].ravel(), record["poses"][number][frame][3:], atol=1e-6)


def test_camera_joints_project_onto_the_keypoints(people):
    for person in people:
        pixels = person.joints3d[:, :18] @ person.intrinsics.T
        np.testing.assert_allclose(pixels[..., :2] / pixels[..., 2:], person.keypoints2d[..., :2], atol=0.05)
    assert people[0].image_size == (1080, 1920)


def test_trans_puts_the_pelvis_where_the_joints_have_it(people, threedpw_files):
    for person in people:
        np.testing.assert_allclose(person.trans + threedpw_files.rest_pelvis, person.joints3d[:, 0], atol=1e-5)


def test_pictures_are_those_of_the_frames(people):
    for frame, picture in zip(people[1].frame_ids, people[1].images, strict=True):
        assert abs(int(picture.mean()) - 5 * frame) <= 1


def test_genders_are_those_of_the_file_and_mixed_up_models_are_refused(people, tmp_path):
    assert [person.gender for person in people] == ["male", "female"]
    require_gender("neutral", "neutral", tmp_path / "SMPL_NEUTRAL.pkl", "3DPW's protocol")
    with pytest.raises(
        MotionDataError, match=r"SMPL_MALE\.pkl is a male SMPL model, but 3DPW's protocol needs the neutr"
    ):
        require_gender("male", "neutral", tmp_path / "SMPL_MALE.pkl", "3DPW's protocol")


@pytest.mark.parametrize("genders", [["m"], ["m", "x"]])
def test_genders_that_do_not_fit_are_named(tmp_path, threedpw_files, record, genders):
    threedpw_files.write(tmp_path, {**record, "genders": genders})
    with pytest.raises(MotionDataError, match=r"downtown_test_00\.pkl .*gender"):
        list(read_threedpw(tmp_path, "test"))


def test_all_frames_with_a_sure_camera_are_kept_on_request(tmp_path, threedpw_files, record):
    threedpw_files.write(tmp_path, record, pictures=False)
    people = list(read_threedpw(tmp_path, "test", minimum_seen_keypoints=0, with_images=False))
    assert [person.frame_count for person in people] == [27, 30]


def test_a_malicious_recording_is_not_executed(tmp_path, threedpw_files, record, call_on_load):
    path = threedpw_files.write(tmp_path, record)
    path.write_bytes(
        pickle.dumps({**record, "texture_maps": call_on_load(os.mkdir, str(tmp_path / "owned"))}, protocol=2)
    )
    with pytest.raises(MotionDataError, match="nothing in it was run"):
        list(read_threedpw(tmp_path, "test"))
    assert not (tmp_path / "owned").exists()


def test_missing_parts_are_named(tmp_path, threedpw_files, record):
    with pytest.raises(MotionDataError, match=r"sequenceFiles.test does not exist; 3DPW's recordings"):
        list(read_threedpw(tmp_path, "test"))
    path = threedpw_files.write(tmp_path, record, pictures=False)
    with pytest.raises(
        MotionDataError, match=r"downtown_test_00 does not exist; the pictures of downtown_test_00\.pkl"
    ):
        list(read_threedpw(tmp_path, "test"))
    threedpw_files.write(tmp_path, record)
    (tmp_path / "imageFiles" / "downtown_test_00" / "image_00029.jpg").unlink()
    with pytest.raises(MotionDataError, match="holds 29 of the 30 annotated frames"):
        list(read_threedpw(tmp_path, "test"))
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(MotionDataError, match=r"downtown_test_00\.pkl is damaged, cut off"):
        list(read_threedpw(tmp_path, "test"))


def test_arrays_of_other_lengths_and_other_files_are_named(tmp_path, threedpw_files, record):
    threedpw_files.write(tmp_path, {**record, "cam_poses": record["cam_poses"][:-1]})
    with pytest.raises(MotionDataError, match=r"downtown_test_00\.pkl is damaged: person 0"):
        list(read_threedpw(tmp_path, "test"))
    threedpw_files.write(tmp_path, {"sequence": "downtown_test_00", "poses": []})
    with pytest.raises(MotionDataError, match="lacks betas, trans"):
        list(read_threedpw(tmp_path, "test"))
    threedpw_files.write(tmp_path, {**record, "poses": 5})
    with pytest.raises(MotionDataError, match=r"downtown_test_00\.pkl is damaged"):
        list(read_threedpw(tmp_path, "test"))
    with pytest.raises(MotionDataError, match="no split 'val'"):
        list(read_threedpw(tmp_path, "val"))


@pytest.mark.parametrize(
    "change",
    [
        {"poses": 5}, {"betas": None}, {"genders": 1.5}, {"img_frame_ids": 30}, {"poses2d": {"a": 1}},
        {"cam_intrinsics": np.full((3, 3), np.inf)}, {"trans": "text"},
    ],
)  # fmt: skip
def test_values_of_another_kind_are_a_damaged_file(tmp_path, threedpw_files, record, change):
    path = threedpw_files.write(tmp_path, record)
    # Today's pickles: the writer of Python 2's knows no such values.
    path.write_bytes(pickle.dumps({**record, **change}, protocol=2))
    with pytest.raises(MotionDataError, match=r"downtown_test_00\.pkl is damaged") as caught:
        list(read_threedpw(tmp_path, "test"))
    assert caught.value.hint


def test_a_recording_of_nobody_is_named(tmp_path, threedpw_files, record):
    threedpw_files.write(tmp_path, {**record, "poses": [], "betas": [], "genders": []})
    with pytest.raises(MotionDataError, match=r"downtown_test_00\.pkl has the poses of nobody"):
        list(read_threedpw(tmp_path, "test"))
