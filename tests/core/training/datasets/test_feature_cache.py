from dataclasses import replace

import numpy as np
import pytest

from core.errors import MotionDataError
from core.training.datasets.feature_cache import FeatureCache, load_cached
from core.training.datasets.image_sources import ImageFiles
from core.training.datasets.person_boxes import crop_boxes, crop_person, to_crop_units
from core.training.datasets.sequence import Sequence


class Backbone:
    """Features are the mean brightness of the crop; counts its crops and fails when told to."""

    def __init__(self, fail_after=None):
        self.crop_count = 0
        self.fail_after = fail_after

    def __call__(self, crops):
        assert crops.dtype == np.uint8
        assert crops.shape[1:] == (224, 224, 3)
        self.crop_count += len(crops)
        if self.fail_after is not None and self.crop_count > self.fail_after:
            raise KeyboardInterrupt
        mean = crops.mean(axis=(1, 2, 3))[:, None, None]
        return {"pose_features": np.broadcast_to(mean, (len(crops), 24, 128)), "betas": np.zeros((len(crops), 10))}


@pytest.fixture
def sequences(tmp_path, write_picture_file):
    made = []
    for number in range(3):
        frame_ids = np.array([0, 1, 2, 5, 6])
        paths = tuple(tmp_path / "pictures" / str(number) / f"{frame}.png" for frame in frame_ids)
        for frame, path in zip(frame_ids, paths, strict=True):
            write_picture_file(path, 10 * number + 20 * frame)
        corners = np.tile([[20.0, 10, 1], [40, 38, 1]], (5, 1, 1))
        made.append(
            Sequence(
                "test", f"walk/camera{number}", "train", frame_ids, 25.0, images=ImageFiles(paths),
                keypoints2d=corners.astype(np.float32), keypoint_names=("head_top", "right_ankle"),
                joints3d=np.zeros((5, 1, 3), np.float32), joint_names=("pelvis",), has_joints3d=np.ones(5, bool),
            )
        )  # fmt: skip
    return made


def files_of(cache):
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in cache.folder.rglob("*") if path.is_file()}


def test_features_and_labels_come_back(tmp_path, sequences):
    cache = FeatureCache(tmp_path / "cache", "0123abcd" * 8)
    cache.extract(sequences, Backbone(), lambda _: None, batch_size=2)
    cached = cache.load("test")
    assert [sequence.name for sequence in cached] == [sequence.name for sequence in sequences]
    assert cached[1].features.shape == (5, 24, 128)
    assert cached[1].features.dtype == np.float16
    np.testing.assert_allclose(cached[1].features[:, 0, 0], [10, 30, 50, 110, 130], atol=1)
    np.testing.assert_array_equal(cached[1].keypoints2d, sequences[1].keypoints2d)
    assert (cached[1].keypoint_names, cached[1].joint_names) == (("head_top", "right_ankle"), ("pelvis",))
    assert cached[1].poses is None
    assert cached[1].has_joints3d.all()


def test_crop_and_keypoints_share_one_scale(tmp_path, sequences):
    cache = FeatureCache(tmp_path / "cache", "a", crop_scale=1.5)
    cache.extract(sequences[:1], Backbone(), lambda _: None)
    (cached,) = cache.load("test")
    assert cached.crop_scale == 1.5
    np.testing.assert_array_equal(cached.crop_box, crop_boxes(sequences[0], 1.5))
    # The tight square's edge is at 1 / 1.5 of the crop.
    assert to_crop_units(cached.keypoints2d, cached.crop_box)[0, 1, 1] == pytest.approx(1 / 1.5, abs=1e-5)
    image = next(iter(sequences[0].images))
    assert crop_person(image, cached.crop_box[0]).shape == (224, 224, 3)


def test_an_interrupted_extraction_goes_on_where_it_stopped(tmp_path, sequences):
    cache = FeatureCache(tmp_path / "cache", "a")
    with pytest.raises(KeyboardInterrupt):
        cache.extract(sequences, Backbone(fail_after=7), lambda _: None, batch_size=2)
    assert sorted(path.name for path in files_of(cache)) == ["walk__camera0.npy", "walk__camera0.npz"]
    before = files_of(cache)
    backbone = Backbone()
    cache.extract(sequences, backbone, lambda _: None)
    assert backbone.crop_count == 10
    assert {path: state for path, state in files_of(cache).items() if path in before} == before
    fresh = FeatureCache(tmp_path / "fresh", "a")
    fresh.extract(sequences, Backbone(), lambda _: None)
    for one, other in zip(cache.load("test"), fresh.load("test"), strict=True):
        np.testing.assert_array_equal(one.features, other.features)


def test_nothing_is_computed_twice(tmp_path, sequences):
    cache = FeatureCache(tmp_path / "cache", "a")
    cache.extract(sequences, Backbone(), lambda _: None)
    backbone = Backbone()
    lines = []
    cache.extract(sequences, backbone, lines.append)
    assert backbone.crop_count == 0
    assert all("already there" in line for line in lines)


def test_damaged_and_outdated_files_are_made_anew(tmp_path, sequences):
    cache = FeatureCache(tmp_path / "cache", "a")
    cache.extract(sequences, Backbone(), lambda _: None)
    labels = cache.path_of(sequences[0])
    labels.write_bytes(labels.read_bytes()[:100])
    features = cache.path_of(sequences[1]).with_suffix(".npy")
    features.write_bytes(features.read_bytes()[:-100])
    moved = replace(sequences[2], keypoints2d=sequences[2].keypoints2d + np.float32(2))
    backbone = Backbone()
    cache.extract([sequences[0], sequences[1], moved], backbone, lambda _: None)
    assert backbone.crop_count == 15
    assert len(cache.load("test")) == 3


def test_another_backbone_or_scale_has_a_folder_of_its_own(tmp_path, sequences):
    folders = {FeatureCache(tmp_path, name, scale).folder for name in ("a", "b") for scale in (1.0, 1.2)}
    assert len(folders) == 4
    cache = FeatureCache(tmp_path, "a")
    cache.extract(sequences[:1], Backbone(), lambda _: None)
    with pytest.raises(MotionDataError, match=r"b_scale1\.2.*holds no features; those of test \(train\)"):
        FeatureCache(tmp_path, "b").load("test")


def test_a_missing_picture_is_named_and_earlier_sequences_stay(tmp_path, sequences):
    sequences[1].images.paths[3].unlink()
    cache = FeatureCache(tmp_path / "cache", "a")
    with pytest.raises(MotionDataError, match=r"5\.png does not exist"):
        cache.extract(sequences, Backbone(), lambda _: None)
    assert len(cache.load("test")) == 1
    with pytest.raises(MotionDataError, match="was read without its pictures"):
        cache.extract([replace(sequences[2], images=None)], Backbone(), lambda _: None)


def test_a_backbone_of_another_shape_is_refused(tmp_path, sequences):
    cache = FeatureCache(tmp_path / "cache", "a")
    with pytest.raises(ValueError, match=r"\(5, 2048\), not \(5, 24, 128\)"):
        cache.extract(sequences, lambda crops: {"pose_features": np.zeros((len(crops), 2048))}, lambda _: None)


def test_a_damaged_file_is_named_when_loaded(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"half")
    with pytest.raises(MotionDataError, match=r"a\.npz is no feature file, or it is damaged"):
        load_cached(tmp_path / "a.npz")
