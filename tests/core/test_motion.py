import dataclasses

import numpy as np
import pytest

from core.errors import MotionFileError, OutputError
from core.motion import Motion, load_motion, save_motion


def make_motion(frame_count: int = 5) -> Motion:
    rng = np.random.default_rng(1)

    def random(*shape):
        return rng.normal(size=(frame_count, *shape)).astype(np.float32)

    return Motion(
        poses=random(72), trans=random(3), betas=np.arange(10, dtype=np.float32), body="open", gender="neutral",
        mocap_framerate=29.97, frame_ids=np.array([3, 4, 8, 9, 10][:frame_count]),
        timestamps=np.arange(frame_count) / 29.97, joints=random(24, 3), keypoints=random(33, 3),
        keypoints_2d=random(33, 2), visibility=random(33), contacts=random(4), poses_per_frame=random(72),
        confidence=random(24), focal_length=1500.5, image_size=(1280, 720),
        metadata={"warnings": ["ä \"quoted\" one"]},
    )  # fmt: skip


def test_what_is_saved_is_what_is_loaded(tmp_path):
    motion = make_motion()
    save_motion(motion, tmp_path / "walk.npz")
    loaded = load_motion(tmp_path / "walk.npz")
    for field in dataclasses.fields(Motion):
        np.testing.assert_array_equal(getattr(loaded, field.name), getattr(motion, field.name))
    assert loaded.frame_ids.dtype == np.int64
    assert loaded.timestamps.dtype == np.float64
    assert [path.name for path in tmp_path.iterdir()] == ["walk.npz"]


def test_the_keys_are_those_of_amass(tmp_path):
    save_motion(make_motion(), tmp_path / "walk.npz")
    with np.load(tmp_path / "walk.npz") as archive:
        assert {"poses", "trans", "betas", "gender", "mocap_framerate"} <= set(archive.files)
        assert archive["poses"].dtype == np.float32


def test_saving_into_a_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        save_motion(make_motion(), tmp_path / "nowhere" / "walk.npz")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MotionFileError, match=r"gone\.npz does not exist"):
        load_motion(tmp_path / "gone.npz")


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_one_sentence(tmp_path, content):
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(MotionFileError, match=r"bad\.npz is not a motion file"):
        load_motion(tmp_path / "bad.npz")


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "evil.npz", poses=np.array([print], dtype=object))
    with pytest.raises(MotionFileError):
        load_motion(tmp_path / "evil.npz")


def test_missing_keys_are_named(tmp_path):
    np.savez(tmp_path / "amass.npz", poses=np.zeros((3, 72)), trans=np.zeros((3, 3)))
    with pytest.raises(MotionFileError, match=r"lacks .*joints"):
        load_motion(tmp_path / "amass.npz")


def test_a_wrong_shape_is_named(tmp_path):
    motion = dataclasses.replace(make_motion(), joints=np.zeros((5, 23, 3), np.float32))
    save_motion(motion, tmp_path / "odd.npz")
    with pytest.raises(MotionFileError, match="joints has the shape"):
        load_motion(tmp_path / "odd.npz")
