"""Features of raw data sets: resumable, with time left; what is missing is named with its path."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from core.errors import MotionDataError, OptionError, WeightsError
from core.training.datasets.feature_cache import FeatureCache
from core.training.paper.data_folders import DataFolders
from core.training.paper.extracted_parts import load_part
from core.training.paper.extraction import Backbone, expected_frame_count, extract_features, load_backbone
from core.training.paper.motion_bank import bank_path, load_motion_bank
from tests.core.training.paper import tiny_run


@pytest.fixture
def data(tmp_path):
    tiny_run.write_raw_data(tmp_path / "data")
    return tmp_path / "data"


class Counting:
    def __init__(self, fail_after=None):
        self.count, self._fail_after = 0, fail_after

    def __call__(self, crops):
        self.count += len(crops)
        if self._fail_after is not None and self.count > self._fail_after:
            raise KeyboardInterrupt
        return tiny_run.stand_in_features(crops)


def test_an_interrupted_extraction_goes_on_and_is_not_taken_for_complete(data, tmp_path):
    cache = FeatureCache(tmp_path / "cache", tiny_run.HASH)
    options = tiny_run.tiny_preset().data
    with pytest.raises(KeyboardInterrupt):
        tiny_run.extract(data, tmp_path / "cache", Counting(fail_after=60))
    with pytest.raises(MotionDataError, match=r"mpi_inf_3dhp/train is not complete; .*Run: python -m core extract"):
        load_part(cache, "mpi_inf_3dhp/train", options)
    lines, backbone = [], Counting()
    tiny_run.extract(data, tmp_path / "cache", backbone, lines.append)
    whole = Counting()
    tiny_run.extract(data, tmp_path / "fresh", whole)
    assert 0 < backbone.count < whole.count
    assert any("already there" in line for line in lines)
    for part in options.feature_parts:
        one, other = (
            load_part(FeatureCache(tmp_path / name, tiny_run.HASH), part, options) for name in ("cache", "fresh")
        )
        for first, second in zip(one, other, strict=True):
            np.testing.assert_array_equal(first.features, second.features)


def test_progress_tells_the_part_its_share_and_the_time_left(data, tmp_path):
    lines = []
    tiny_run.extract(data, tmp_path / "cache", report=lines.append, parts=["3dpw/test", "mpi_inf_3dhp/train"])
    assert lines[0].startswith("3dpw/test: 49%, about 0 s left; walk_test__person0")
    assert lines[1].startswith("3dpw/test: 100%")
    assert lines[-1].startswith("mpi_inf_3dhp/train: 100%, about 0 s left")


def test_frames_are_counted_before_they_are_extracted(data):
    folders = tiny_run.folders(data)
    for part in ("3dpw/train", "mpi_inf_3dhp/train", "mpi_inf_3dhp/test"):
        assert expected_frame_count(part, folders) == sum(s.frame_count for s in folders.read(part))
    # From the sizes of the files: labels take some room beside the pictures.
    assert 40 <= expected_frame_count("instavariety/train", folders) < 50


def test_features_of_other_options_are_not_trained_on(data, tmp_path):
    tiny_run.extract(data, tmp_path / "cache")
    cache = FeatureCache(tmp_path / "cache", tiny_run.HASH)
    options = dataclasses.replace(tiny_run.tiny_preset().data, mpi_frame_rate_hz=50.0)
    with pytest.raises(MotionDataError, match=r"extracted with mpi_frame_rate_hz 25\.0 instead of 50\.0"):
        load_part(cache, "mpi_inf_3dhp/train", options)
    load_part(cache, "3dpw/test", options)
    with pytest.raises(MotionDataError, match="extracted with allow_partial True instead of False"):
        load_part(cache, "3dpw/test", dataclasses.replace(options, allow_partial=False))


def test_sequences_that_another_extraction_left_behind_are_not_trained_on(data, tmp_path):
    tiny_run.extract(data, tmp_path / "cache", parts=["3dpw/test"])
    (data / "3DPW" / "sequenceFiles" / "test" / "walk_test.pkl").unlink()
    tiny_run.ThreedpwFiles().write(data / "3DPW", tiny_run.ThreedpwFiles().record() | {"sequence": "run"}, split="test")
    tiny_run.extract(data, tmp_path / "cache", parts=["3dpw/test"])
    cache = FeatureCache(tmp_path / "cache", tiny_run.HASH)
    assert len(cache.load("3dpw", "test")) == 4
    names = [sequence.name for sequence in load_part(cache, "3dpw/test", tiny_run.tiny_preset().data)]
    assert names == ["run/person0", "run/person1"]


def test_a_damaged_record_is_named(data, tmp_path):
    tiny_run.extract(data, tmp_path / "cache", parts=["3dpw/test"])
    cache = FeatureCache(tmp_path / "cache", tiny_run.HASH)
    record = cache.folder / "3dpw" / "test" / "complete.json"
    assert json.loads(record.read_text())["names"] == ["walk_test/person0", "walk_test/person1"]
    record.write_text("{")
    with pytest.raises(MotionDataError, match=r"complete\.json is damaged"):
        load_part(cache, "3dpw/test", tiny_run.tiny_preset().data)


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        ("", r"The folder .*data does not exist; the data sets' folders"),
        ("3DPW", r"The folder .*data/3DPW does not exist; the data set 3dpw was expected there \(or as 3dpw\)"),
        (
            "3DPW/imageFiles/walk_validation",
            r"imageFiles/walk_validation does not exist; the pictures of walk",
        ),
        ("3DPW/sequenceFiles/test", r"sequenceFiles/test does not exist; 3DPW's recordings"),
        ("MPI-INF-3DHP/S1/Seq1", r"S1/Seq1 does not exist; annot\.mat"),
        ("MPI-INF-3DHP/S1/Seq1/video_0", r"holds neither video_0/\*\.jpg nor imageSequence/video_0\.avi"),
        ("MPI-INF-3DHP/mpi_inf_3dhp_test_set", r"TS1 does not exist; annot_data\.mat"),
        ("InstaVariety/train", r"InstaVariety/train does not exist; InstaVariety's records"),
        ("AMASS", r"data/AMASS does not exist; the data set amass was expected there"),
        ("AMASS/CMU", r"AMASS/CMU does not exist; this part of AMASS was expected there"),
    ],
)
def test_a_missing_folder_is_named_before_anything_is_computed(data, tmp_path, gone, sentence):
    shutil.rmtree(data / gone)
    backbone = Counting()
    with pytest.raises(MotionDataError, match=sentence):
        tiny_run.extract(data, tmp_path / "cache", backbone)
    assert backbone.count == 0


def test_other_folder_names_and_nothing_but_what_is_asked_for(data, tmp_path):
    (data / "3DPW").rename(data / "3dpw")
    shutil.rmtree(data / "AMASS")
    tiny_run.extract(data, tmp_path / "cache", parts=["3dpw/test"])
    assert not bank_path(tmp_path / "cache", tiny_run.tiny_preset().data).exists()


def test_an_unknown_part_and_an_unknown_backbone_are_refused(data, tmp_path, monkeypatch):
    with pytest.raises(OptionError, match=r"no part '3dpw/tset' of the data; known are instavariety/train"):
        tiny_run.extract(data, tmp_path, parts=["3dpw/tset"])
    with pytest.raises(OptionError, match="blazepose gives no per-joint features"):
        load_backbone("blazepose", None)
    monkeypatch.delenv("JOINTWISE_PARE_CHECKPOINT", raising=False)
    with pytest.raises(WeightsError, match="needs PARE's weights"):
        load_backbone("pare", None)


def test_the_motion_bank_holds_amass_s_body_poses(data, tmp_path):
    folders = tiny_run.folders(data)
    tiny_run.extract(data, tmp_path / "cache", parts=["amass"])
    path = bank_path(tmp_path / "cache", folders.options)
    bank = load_motion_bank(path)
    recordings = list(folders.read_motions())
    assert bank.lengths.tolist() == [recording.frame_count for recording in recordings]
    np.testing.assert_array_equal(bank.body_pose[:5], recordings[0].poses[:5, 1:].reshape(5, 69))
    starts = [clip.start for clip in bank.sampler(16, 9, seed=0).batch(0)]
    assert sorted(starts) == [0, 16, 32, 63, 79, 95, 126, 142, 158]
    assert bank.clips(starts, 16).shape == (9, 16, 69)
    lines = []
    tiny_run.extract(data, tmp_path / "cache", report=lines.append, parts=["amass"])
    assert "already there" in lines[0]
    with pytest.raises(MotionDataError, match="no recording of 64 frames"):
        bank.sampler(64, 4, seed=0)


def test_a_missing_or_damaged_motion_bank_is_named(data, tmp_path):
    path = tmp_path / "amass_25hz_all.npz"
    with pytest.raises(MotionDataError, match=r"amass_25hz_all\.npz does not exist; AMASS's motions"):
        load_motion_bank(path)
    np.savez(path, lengths=np.array([3]))
    np.save(path.with_suffix(".npy"), np.zeros((2, 69), np.float32))
    with pytest.raises(MotionDataError, match=r"amass_25hz_all\.npz is damaged"):
        load_motion_bank(path)


def test_another_selection_of_amass_has_a_bank_of_its_own(tmp_path):
    options = tiny_run.tiny_preset().data
    selections = [
        options,
        dataclasses.replace(options, amass_folders=()),
        dataclasses.replace(options, amass_frame_rate_hz=30.0),
    ]
    assert len({bank_path(tmp_path, selection) for selection in selections}) == 3


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("3dpw/test", r"sequenceFiles/test holds 1 of the 24 files of 3DPW"),
        ("instavariety/train", r"InstaVariety/train holds 1 of the 273 files of InstaVariety"),
    ],
)
def test_a_half_downloaded_data_set_is_told_before_anything_is_computed(data, part, sentence):
    options = dataclasses.replace(tiny_run.tiny_preset().data, allow_partial=False)
    with pytest.raises(MotionDataError, match=sentence) as caught:
        DataFolders(data, options).read(part)
    assert "allow_partial" in caught.value.hint


def test_the_motion_bank_follows_the_folders_that_are_there(data, tmp_path):
    options = dataclasses.replace(tiny_run.tiny_preset().data, amass_folders=())
    folders, lines = DataFolders(data, options), []
    backbone = Backbone(lambda crops: {}, "0" * 64)
    extract_features(folders, tmp_path / "cache", backbone, lines.append, ["amass"])
    assert lines[0].startswith("AMASS: reading CMU; not there: ACCAD, BMLrub, EKUT")
    before = load_motion_bank(bank_path(tmp_path / "cache", options)).lengths
    shutil.copytree(data / "AMASS" / "CMU", data / "AMASS" / "KIT")
    extract_features(folders, tmp_path / "cache", backbone, lines.append, ["amass"])
    assert any("made anew" in line for line in lines)
    assert load_motion_bank(bank_path(tmp_path / "cache", options)).lengths.tolist() == [*before, *before]


def test_the_motion_bank_follows_the_number_of_recordings_and_an_older_one_is_made_anew(data, tmp_path):
    options = tiny_run.tiny_preset().data
    path, lines = bank_path(tmp_path / "cache", options), []
    tiny_run.extract(data, tmp_path / "cache", parts=["amass"])
    (data / "AMASS" / "CMU" / "02" / "02_02_poses.npz").unlink()
    tiny_run.extract(data, tmp_path / "cache", report=lines.append, parts=["amass"])
    assert lines[0] == f"{path.name}: it was made from 3 recordings of CMU where there are 2 now, so it is made anew"
    assert len(load_motion_bank(path).lengths) == 2
    np.savez(path, lengths=load_motion_bank(path).lengths)
    tiny_run.extract(data, tmp_path / "cache", report=lines.append, parts=["amass"])
    assert any(line == f"{path.name}: it does not tell what it was made from, so it is made anew" for line in lines)
    tiny_run.extract(data, tmp_path / "cache", report=lines.append, parts=["amass"])
    assert "already there, from CMU" in lines[-1]
