import cv2
import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.datasets.mpi_inf_3dhp import read_mpi_inf_3dhp_train, recorded_rate_hz


def read(root, **options):
    return list(read_mpi_inf_3dhp_train(root, **{"subjects": [1], "cameras": [0], **options}))


@pytest.fixture
def recordings(tmp_path, mpi_files):
    """S1: the first recording at 25 Hz, the second at 50; a joint leaves the picture in frames 12 and 13."""
    mpi_files.write_train(tmp_path, recording=1, outside=[12, 13])
    mpi_files.write_train(tmp_path, recording=2)
    return tmp_path


def test_a_joint_outside_the_picture_starts_a_new_segment(recordings):
    segments = read(recordings)
    assert [(segment.name, segment.frame_ids[0], segment.frame_ids[-1]) for segment in segments] == [
        ("S1/Seq1/video_0_seg0", 0, 11), ("S1/Seq1/video_0_seg1", 14, 39), ("S1/Seq2/video_0_seg0", 0, 39),
    ]  # fmt: skip


def test_joints_are_metres_in_camera_axes_and_project_onto_the_keypoints(recordings, mpi_files):
    segment = read(recordings)[1]
    joints, pixels = mpi_files.joints(40, 28)
    np.testing.assert_allclose(segment.joints3d, joints[14:] / 1000, atol=1e-5)
    np.testing.assert_allclose(segment.keypoints2d[..., :2], pixels[14:], atol=1e-2)
    assert (segment.keypoints2d[..., 2] == 1).all()
    np.testing.assert_allclose(segment.intrinsics, [[1500, 0, 1024], [0, 1500, 1024], [0, 0, 1]], atol=1e-6)


def test_each_camera_has_its_own_joints(tmp_path, mpi_files):
    for recording in (1, 2):
        mpi_files.write_train(tmp_path, recording=recording, pictures=None)
    segments = {segment.name: segment for segment in read(tmp_path, cameras=[0, 8], with_images=False)}
    joints, _ = mpi_files.joints(40, 28, seed=8)
    np.testing.assert_allclose(segments["S1/Seq1/video_8_seg0"].joints3d, joints / 1000, atol=1e-5)


def test_50_hz_recordings_are_told_apart_and_halved_on_request(recordings):
    assert [recorded_rate_hz(subject, 2) for subject in range(1, 9)] == [50, 25, 50, 25, 50, 25, 25, 25]
    assert [recorded_rate_hz(subject, 1) for subject in range(1, 9)] == [25, 25, 50, 25, 50, 25, 25, 25]
    assert [segment.frame_rate_hz for segment in read(recordings)] == [25, 25, 50]
    *_, halved = read(recordings, frame_rate_hz=25)
    assert (halved.frame_rate_hz, halved.frame_step) == (25, 2)
    assert halved.frame_ids.tolist() == list(range(0, 40, 2))
    assert abs(int(next(iter(halved.images)).mean())) <= 1


def test_pictures_are_those_of_the_frames(recordings):
    segment = read(recordings)[1]
    for frame, picture in zip(segment.frame_ids, segment.images, strict=True):
        assert abs(int(picture.mean()) - 5 * frame) <= 1


def test_pictures_may_lie_in_folders_or_in_the_original_video(tmp_path, mpi_files):
    for recording in (1, 2):
        mpi_files.write_train(tmp_path, recording=recording)
    first, second = tmp_path / "S1" / "Seq1", tmp_path / "S1" / "Seq2"
    (first / "imageFrames").mkdir()
    (first / "video_0").rename(first / "imageFrames" / "video_0")
    (second / "imageSequence").mkdir()
    writer = cv2.VideoWriter(
        str(second / "imageSequence" / "video_0.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48)
    )
    for frame in range(40):
        writer.write(np.full((48, 64, 3), 5 * frame, np.uint8))
    writer.release()
    for path in (second / "video_0").iterdir():
        path.unlink()
    (second / "video_0").rmdir()
    for segment in read(tmp_path):
        for frame, picture in zip(segment.frame_ids, segment.images, strict=True):
            assert abs(int(picture.mean()) - 5 * frame) <= 2


def test_an_annotation_one_frame_longer_than_its_pictures_is_cut(recordings):
    (recordings / "S1" / "Seq2" / "video_0" / "frame_000040.jpg").unlink()
    assert read(recordings)[-1].frame_count == 39


def test_missing_and_half_unpacked_parts_are_named(tmp_path, mpi_files):
    with pytest.raises(MotionDataError, match=r"nowhere does not exist; MPI-INF-3DHP's folders S1 to S8"):
        read(tmp_path / "nowhere")
    with pytest.raises(MotionDataError, match=r"S1.Seq1 does not exist; annot\.mat"):
        read(tmp_path)
    folder = mpi_files.write_train(tmp_path)
    for frame in range(20, 40):
        (folder / "video_0" / f"frame_{frame + 1:06d}.jpg").unlink()
    with pytest.raises(MotionDataError, match=r"video_0 holds 20 of the 40 annotated frames"):
        read(tmp_path)
    with pytest.raises(MotionDataError, match=r"Seq1 holds neither video_5/\*\.jpg nor imageSequence/video_5\.avi"):
        read(tmp_path, cameras=[5])
    (folder / "annot.mat").write_bytes((folder / "annot.mat").read_bytes()[:3000])
    with pytest.raises(MotionDataError, match=r"annot\.mat is damaged or cut off"):
        read(tmp_path)
    (folder / "annot.mat").unlink()
    with pytest.raises(MotionDataError, match=r"annot\.mat does not exist"):
        read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"<html>log in</html>", b"\x00" * 200])
def test_other_files_are_no_annotation(tmp_path, mpi_files, content):
    folder = mpi_files.write_train(tmp_path)
    (folder / "annot.mat").write_bytes(content)
    with pytest.raises(MotionDataError, match=r"annot\.mat is"):
        read(tmp_path)


def test_a_recording_without_one_usable_frame_is_named(tmp_path, mpi_files):
    mpi_files.write_train(tmp_path, outside=range(40))
    with pytest.raises(MotionDataError, match=r"annot\.mat has no frame of camera 0"):
        read(tmp_path)


def test_a_picture_missing_in_the_middle_is_named(recordings):
    (recordings / "S1" / "Seq1" / "video_0" / "frame_000007.jpg").unlink()
    with pytest.raises(MotionDataError, match="video_0 lacks picture 7 between its others") as caught:
        read(recordings)
    assert caught.value.hint


def test_pictures_are_in_the_order_of_their_numbers_also_without_leading_zeros(recordings):
    for path in sorted((recordings / "S1" / "Seq1" / "video_0").iterdir()):
        path.rename(path.with_name(f"{int(path.stem[-6:])}.jpg"))
    segment = read(recordings)[1]
    for frame, picture in zip(segment.frame_ids, segment.images, strict=True):
        assert abs(int(picture.mean()) - 5 * frame) <= 1
