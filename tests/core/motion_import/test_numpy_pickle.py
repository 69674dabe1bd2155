import os
import pickle

import numpy as np
import pytest

from core.errors import MotionDataError
from core.motion_import.numpy_pickle import load_numpy_pickle

ARRAYS = {
    "floats": np.linspace(0, 1, 12).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    "integers": np.array([[-1, 2], [3, 4]], np.int64),
    "big_endian": np.array([1.5, -2.0], ">f8"),
    "flags": np.array([True, False]),
    "text": np.array(["downtown", "a"]),
    "bytes": np.array([b"abc", b"d"]),
    "objects": np.array(["m", None, 3], object),
    "empty": np.zeros((0, 3)),
    "zero_dimensional": np.array(2.5),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_plain_values_come_back(tmp_path, protocol):
    value = {"arrays": ARRAYS, "nested": [(1, "two"), {"x": np.float64(0.5)}], "none": None}
    (tmp_path / "data.pkl").write_bytes(pickle.dumps(value, protocol))
    loaded = load_numpy_pickle(tmp_path / "data.pkl")
    assert loaded["nested"] == [(1, "two"), {"x": 0.5}]
    assert loaded["none"] is None
    for name, array in ARRAYS.items():
        assert loaded["arrays"][name].dtype == array.dtype, name
        np.testing.assert_array_equal(loaded["arrays"][name], array)


def test_python_2_text_and_arrays_come_back(tmp_path, python2_pickle):
    value = {"sequence": "caf\xe9", "genders": ["m", "f"], "poses": [np.arange(6.0).reshape(2, 3)], "n": 3, "f": 0.25}
    (tmp_path / "data.pkl").write_bytes(python2_pickle.dumps(value))
    loaded = load_numpy_pickle(tmp_path / "data.pkl")
    assert loaded["sequence"] == "caf\xe9"
    assert (loaded["genders"], loaded["n"], loaded["f"]) == (["m", "f"], 3, 0.25)
    np.testing.assert_array_equal(loaded["poses"][0], value["poses"][0])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_malicious_pickle_is_not_executed(tmp_path, protocol, call_on_load):
    for attack in (
        call_on_load(os.mkdir, str(tmp_path / "owned")),
        call_on_load(eval, f"__import__('os').mkdir({str(tmp_path / 'owned')!r})"),
        {"poses": [call_on_load(getattr, "text", "upper")]},
    ):
        (tmp_path / "data.pkl").write_bytes(pickle.dumps(attack, protocol))
        with pytest.raises(MotionDataError, match="nothing in it was run"):
            load_numpy_pickle(tmp_path / "data.pkl")
        assert not (tmp_path / "owned").exists()


def test_other_codecs_are_refused(tmp_path):
    (tmp_path / "data.pkl").write_bytes(b"\x80\x02c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.")
    with pytest.raises(MotionDataError, match="rot13"):
        load_numpy_pickle(tmp_path / "data.pkl")


def test_bytes_are_never_taken_for_objects(tmp_path, python2_pickle):
    """numpy's own constructors would take these bytes for memory addresses."""
    data = python2_pickle.dumps(np.array([1.0, 2.0])).replace(b"U\x02f8", b"U\x02O8")
    (tmp_path / "data.pkl").write_bytes(data)
    with pytest.raises(MotionDataError, match="without its objects"):
        load_numpy_pickle(tmp_path / "data.pkl")


def test_record_arrays_are_refused(tmp_path):
    (tmp_path / "data.pkl").write_bytes(pickle.dumps(np.zeros(2, [("x", "f8"), ("y", "O")])))
    with pytest.raises(MotionDataError, match=r"data\.pkl"):
        load_numpy_pickle(tmp_path / "data.pkl")


def test_cut_off_empty_and_missing_files_are_named(tmp_path):
    data = pickle.dumps(ARRAYS)
    for length in (0, 1, 10, len(data) // 2, len(data) - 1):
        (tmp_path / "data.pkl").write_bytes(data[:length])
        with pytest.raises(MotionDataError, match=r"data\.pkl is damaged, cut off or no pickle"):
            load_numpy_pickle(tmp_path / "data.pkl")
    with pytest.raises(MotionDataError, match="nowhere"):
        load_numpy_pickle(tmp_path / "nowhere.pkl")
