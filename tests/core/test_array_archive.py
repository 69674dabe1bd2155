"""npz files from anywhere: arrays, or one phrase."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from core.array_archive import LARGEST_BYTES, ArchiveError, read_arrays
from core.errors import LONGEST_REASON, reason_of
from core.motion import load_motion
from tests.fuzz.archives import LIES, pack
from tests.fuzz.pickles import Call

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.array("text")}


def test_arrays_come_back_as_they_were(tmp_path):
    (tmp_path / "x.npz").write_bytes(pack(ARRAYS))
    for source in (tmp_path / "x.npz", io.BytesIO(pack(ARRAYS))):
        found = read_arrays(source)
        assert found.keys() == ARRAYS.keys()
        np.testing.assert_array_equal(found["a"], ARRAYS["a"])
    assert read_arrays(tmp_path / "x.npz", ("b", "c")).keys() == {"b"}


def test_a_missing_file_is_told_apart(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "gone.npz")


def test_objects_are_left_out_or_refused_and_never_made(tmp_path, monkeypatch):
    import os

    monkeypatch.chdir(tmp_path)
    bad = np.empty(1, object)
    bad[0] = Call(os.mkdir, "canary")
    data = pack({**ARRAYS, "bad": bad})
    assert read_arrays(io.BytesIO(data), leaves_out_objects=True).keys() == ARRAYS.keys()
    with pytest.raises(ArchiveError, match="allow_pickle"):
        read_arrays(io.BytesIO(data))
    with pytest.raises(ArchiveError):
        read_arrays(io.BytesIO(pickle.dumps(Call(os.mkdir, "canary"))))
    assert not (tmp_path / "canary").exists()


def test_what_unpacks_to_gigabytes_is_refused_by_its_directory_alone(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("a.npy", "b.npy"):
            archive.writestr(name, bytes(1 << 20))
    data = (tmp_path / "bomb.npz").read_bytes().replace((1 << 20).to_bytes(4, "little"), b"\0\0\0\xf0")
    with pytest.raises(ArchiveError, match=f"more than {LARGEST_BYTES >> 30} GiB"):
        read_arrays(io.BytesIO(data))


@pytest.mark.parametrize("lie", sorted(set(LIES), key=lambda lie: lie.__name__))
def test_lies_are_phrases_or_harmless(tmp_path, monkeypatch, lie):
    from random import Random

    monkeypatch.chdir(tmp_path)
    for number in range(4):
        try:
            found = read_arrays(io.BytesIO(lie(Random(number), ARRAYS)))
        except ArchiveError as error:
            assert "\n" not in str(error)
            assert len(str(error)) <= LONGEST_REASON
        else:
            assert sum(array.nbytes for array in found.values()) < 1 << 20
    assert list(tmp_path.iterdir()) == []


def test_a_reason_is_one_short_line():
    assert reason_of(KeyError("poses")) == "'poses'"
    assert reason_of(MemoryError()) == "MemoryError"
    assert reason_of(ValueError("one\n two.")) == "one two"
    assert len(reason_of(ValueError("x" * 9999))) == LONGEST_REASON
    assert reason_of(ValueError("\ud800")).isascii()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("poses", np.full((6, 72), np.nan), "poses holds values"),
        ("keypoints", np.full((6, 33, 3), 1e300), "keypoints holds values"),
        ("timestamps", np.zeros(6), "do not follow"),
        ("frame_ids", np.array([0, 1, 2, 3, 3, 4]), "do not follow"),
        ("mocap_framerate", np.array(0.0), "frame rate of 0"),
        ("mocap_framerate", np.array(1e300), "frame rate"),
        ("focal_length", np.array(-5.0), "focal length"),
        ("image_size", np.array([0, 0]), "focal length"),
        ("metadata", np.array("[1]"), "no table"),
        ("metadata", np.array("[" * 100_000), "damaged"),
        ("trans", np.zeros((6, 3), complex), "not numbers"),
        ("body", np.array("x" * 500), "name of its body"),
    ],
)
def test_a_motion_of_impossible_numbers_is_refused(tmp_path, name, value, words):
    from core.errors import MotionFileError
    from core.motion import write_motion
    from tests.fuzz.motions import small_motion

    write_motion(small_motion(), tmp_path / "walk.npz")
    arrays = read_arrays(tmp_path / "walk.npz") | {name: value}
    (tmp_path / "walk.npz").write_bytes(pack(arrays))
    with pytest.raises(MotionFileError, match=words):
        load_motion(tmp_path / "walk.npz")
