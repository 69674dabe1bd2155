import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.datasets.mpi_inf_3dhp_test_set import read_mpi_inf_3dhp_test


def test_valid_frames_are_rows_and_the_others_gaps(tmp_path, mpi_files):
    mpi_files.write_test(tmp_path, invalid=[0, 7, 8])
    (sequence,) = read_mpi_inf_3dhp_test(tmp_path, recordings=[1])
    assert sequence.frame_ids.tolist() == [1, 2, 3, 4, 5, 6, *range(9, 20)]
    assert (sequence.name, sequence.split) == ("TS1", "test")
    # Pictures count from 1: row 0 is frame 1, in img_000002.jpg.
    for frame, picture in zip(sequence.frame_ids, sequence.images, strict=True):
        assert abs(int(picture.mean()) - 5 * frame) <= 1


def test_joints_are_the_universal_ones_in_metres_or_the_real_ones_on_request(tmp_path, mpi_files):
    mpi_files.write_test(tmp_path)
    joints, pixels = mpi_files.joints(20, 17)
    (universal,) = read_mpi_inf_3dhp_test(tmp_path, recordings=[1])
    (real,) = read_mpi_inf_3dhp_test(tmp_path, recordings=[1], joints="annot3")
    np.testing.assert_allclose(universal.joints3d, 0.9 * joints / 1000, atol=1e-5)
    np.testing.assert_allclose(real.joints3d, joints / 1000, atol=1e-5)
    np.testing.assert_allclose(universal.keypoints2d[..., :2], pixels, atol=1e-2)
    assert universal.joint_names[14] == "pelvis"


def test_the_outdoor_recordings_are_of_another_size(tmp_path, mpi_files):
    for recording in (4, 5):
        mpi_files.write_test(tmp_path, recording=recording, frame_count=3)
    sizes = [sequence.image_size for sequence in read_mpi_inf_3dhp_test(tmp_path, recordings=[4, 5])]
    assert sizes == [(2048, 2048), (1920, 1080)]


def test_missing_and_half_unpacked_parts_are_named(tmp_path, mpi_files):
    folder = mpi_files.write_test(tmp_path)
    with pytest.raises(MotionDataError, match="TS2 does not exist"):
        list(read_mpi_inf_3dhp_test(tmp_path, recordings=[1, 2]))
    (folder / "imageSequence" / "img_000020.jpg").unlink()
    with pytest.raises(MotionDataError, match=r"img_000020\.jpg does not exist"):
        list(read_mpi_inf_3dhp_test(tmp_path, recordings=[1]))
    data = (folder / "annot_data.mat").read_bytes()
    (folder / "annot_data.mat").write_bytes(data[: len(data) // 2])
    with pytest.raises(MotionDataError, match=r"annot_data\.mat is damaged, cut off or no HDF5 file"):
        list(read_mpi_inf_3dhp_test(tmp_path, recordings=[1]))


def test_arrays_of_another_layout_are_named(tmp_path, mpi_files):
    import h5py

    folder = mpi_files.write_test(tmp_path)
    with h5py.File(folder / "annot_data.mat", "a") as file:
        del file["annot2"]
        file["annot2"] = np.zeros((20, 17, 2))
    with pytest.raises(MotionDataError, match=r"annot2 has the shape \(20, 17, 2\)"):
        list(read_mpi_inf_3dhp_test(tmp_path, recordings=[1]))
    with h5py.File(folder / "annot_data.mat", "a") as file:
        del file["valid_frame"]
    with pytest.raises(MotionDataError, match="lacks valid_frame"):
        list(read_mpi_inf_3dhp_test(tmp_path, recordings=[1]))


def test_pictures_missing_in_the_middle_are_counted(tmp_path, mpi_files):
    folder = mpi_files.write_test(tmp_path)
    for frame in range(5, 15):
        (folder / "imageSequence" / f"img_{frame:06d}.jpg").unlink()
    sentence = r"imageSequence holds 10 of the 20 annotated frames, and img_000005\.jpg does not exist"
    with pytest.raises(MotionDataError, match=sentence) as caught:
        list(read_mpi_inf_3dhp_test(tmp_path, recordings=[1]))
    assert caught.value.hint


def test_a_recording_without_a_valid_frame_is_named(tmp_path, mpi_files):
    mpi_files.write_test(tmp_path, invalid=range(20))
    with pytest.raises(MotionDataError, match=r"annot_data\.mat marks no frame as valid"):
        list(read_mpi_inf_3dhp_test(tmp_path, recordings=[1]))
