import cv2
import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.datasets.instavariety import read_instavariety
from core.training.datasets.joint_names import INSTA_25

FRAMES = 5


def jpeg(brightness):
    return cv2.imencode(".jpg", np.full((224, 224, 3), brightness, np.uint8))[1].tobytes()


def clip(with_phis=True, with_toes=True):
    rng = np.random.default_rng(0)
    features = {
        "meta/N": np.array([FRAMES]),
        "image/encoded": [jpeg(40 * frame) for frame in range(FRAMES)],
        "image/filenames": [b"frame.jpg"] * FRAMES,
        "image/xys": rng.uniform(-1, 1, (FRAMES, 2, 14)).ravel(),
        "image/visibilities": rng.integers(0, 2, (FRAMES, 14)).ravel(),
        "image/face_pts": rng.uniform(-1, 1, (FRAMES, 3, 5)).ravel(),
    }
    if with_toes:
        features["image/toe_pts"] = rng.uniform(-1, 1, (FRAMES, 3, 6)).ravel()
    if with_phis:
        features["image/phis"] = np.zeros(FRAMES * 2048)
    return features


def write(root, tf_record_files, *clips):
    path = root / "train" / "insta_000.tfrecord"
    tf_record_files.write(path, [tf_record_files.example(features) for features in clips])
    return path


def test_keypoints_are_pixels_of_the_crop_in_the_documented_order(tmp_path, tf_record_files):
    features = clip()
    write(tmp_path, tf_record_files, features)
    (sequence,) = read_instavariety(tmp_path, check_payloads=True)
    assert sequence.keypoint_names == INSTA_25
    body = features["image/xys"].reshape(FRAMES, 2, 14)
    for frame in range(FRAMES):
        for point in range(14):
            expected = [(body[frame, axis, point] + 1) * 112 for axis in (0, 1)]
            np.testing.assert_allclose(sequence.keypoints2d[frame, point, :2], expected, atol=1e-3)
    np.testing.assert_array_equal(sequence.keypoints2d[:, :14, 2].ravel(), features["image/visibilities"])
    face = features["image/face_pts"].reshape(FRAMES, 3, 5)
    np.testing.assert_allclose(sequence.keypoints2d[:, 14:19, 0], (face[:, 0] + 1) * 112, atol=1e-3)
    np.testing.assert_allclose(sequence.keypoints2d[:, 14:19, 2], face[:, 2], atol=1e-6)
    toes = features["image/toe_pts"].reshape(FRAMES, 3, 6)
    np.testing.assert_allclose(sequence.keypoints2d[:, 19:, 1], (toes[:, 1] + 1) * 112, atol=1e-3)


def test_without_phis_the_points_are_pixels_already(tmp_path, tf_record_files):
    features = clip(with_phis=False)
    features["image/xys"] = features["image/xys"] * 50 + 100
    write(tmp_path, tf_record_files, features)
    (sequence,) = read_instavariety(tmp_path)
    expected = features["image/xys"].reshape(FRAMES, 2, 14)[:, 0]
    np.testing.assert_allclose(sequence.keypoints2d[:, :14, 0], expected, atol=1e-3)


def test_missing_toes_have_confidence_zero(tmp_path, tf_record_files):
    write(tmp_path, tf_record_files, clip(with_toes=False))
    (sequence,) = read_instavariety(tmp_path)
    assert (sequence.keypoints2d[:, 19:, 2] == 0).all()


def test_pictures_come_out_of_the_record(tmp_path, tf_record_files):
    write(tmp_path, tf_record_files, clip(), clip())
    first, second = read_instavariety(tmp_path)
    assert (first.name, second.name) == ("insta_000/0", "insta_000/1")
    assert [round(float(picture.mean())) for picture in second.images] == [0, 40, 80, 120, 160]
    assert first.image_size == (224, 224)


def test_damaged_records_and_missing_folders_are_named(tmp_path, tf_record_files):
    with pytest.raises(MotionDataError, match="train does not exist; InstaVariety's records"):
        list(read_instavariety(tmp_path))
    path = write(tmp_path, tf_record_files, clip(), clip())
    path.write_bytes(path.read_bytes()[:-100])
    clips = read_instavariety(tmp_path)
    assert next(clips).name == "insta_000/0"
    with pytest.raises(MotionDataError, match=r"insta_000\.tfrecord is cut off in record 1"):
        next(clips)


@pytest.mark.parametrize(
    "change", [{"meta/N": np.array([4])}, {"image/xys": np.zeros(3)}, {"image/encoded": [b"no jpeg"] * FRAMES}]
)
def test_records_of_another_kind_are_named(tmp_path, tf_record_files, change):
    write(tmp_path, tf_record_files, {**clip(), **change})
    with pytest.raises(MotionDataError, match=r"record 0, is no clip of InstaVariety"):
        list(read_instavariety(tmp_path))
    lacking = clip()
    del lacking["image/face_pts"]
    write(tmp_path, tf_record_files, lacking)
    with pytest.raises(MotionDataError, match="image/face_pts"):
        list(read_instavariety(tmp_path))


def test_an_empty_file_is_named_before_the_first_is_read(tmp_path, tf_record_files):
    write(tmp_path, tf_record_files, clip())
    (tmp_path / "train" / "insta_001.tfrecord").touch()
    with pytest.raises(MotionDataError, match=r"insta_001\.tfrecord is empty"):
        next(read_instavariety(tmp_path))
    (tmp_path / "train" / "insta_002.tfrecord").touch()
    with pytest.raises(MotionDataError, match=r"insta_001\.tfrecord and 1 more of its folder are empty"):
        next(read_instavariety(tmp_path))
