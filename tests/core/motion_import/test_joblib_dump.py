import os
import pickle

import joblib
import numpy as np
import pytest

from core.errors import MotionDataError
from core.motion_import.joblib_dump import load_joblib

DATABASE = {
    "vid_name": np.array(["S1_Seq1_seg0"] * 3 + ["S2"]),
    "frame_id": np.arange(4),
    "features": np.linspace(0, 1, 4 * 8, dtype=np.float32).reshape(4, 8),
    "turned": np.asfortranarray(np.arange(12.0).reshape(4, 3)),
    "img_name": np.array(["a.jpg", None, "b.jpg", "c.jpg"], object),
    "empty": np.zeros((0, 2)),
    "count": 4,
}


def assert_same(loaded):
    assert loaded.keys() == DATABASE.keys()
    for name, value in DATABASE.items():
        np.testing.assert_array_equal(loaded[name], value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 1), ("lzma", 1)])
def test_dumps_of_joblib_come_back(tmp_path, compress, protocol):
    joblib.dump(DATABASE, tmp_path / "db.pt", compress=compress, protocol=protocol)
    assert_same(load_joblib(tmp_path / "db.pt"))


def test_dumps_of_releases_before_padding_come_back(tmp_path, monkeypatch):
    """Up to 1.1 nothing stood between the pickle and an array's bytes."""
    monkeypatch.setattr("joblib.numpy_pickle.NUMPY_ARRAY_ALIGNMENT_BYTES", None)
    wrapper = joblib.numpy_pickle.NumpyArrayWrapper
    defaults = wrapper.__init__.__defaults__
    monkeypatch.setattr(wrapper.__init__, "__defaults__", (*defaults[:-1], None))
    joblib.dump(DATABASE, tmp_path / "db.pt", protocol=3)
    assert_same(load_joblib(tmp_path / "db.pt"))


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_malicious_dump_is_not_executed(tmp_path, protocol, call_on_load):
    attack = call_on_load(os.mkdir, str(tmp_path / "owned"))
    for value in (
        attack,
        {**DATABASE, "theta": attack},
        # Object arrays carry a pickle of their own.
        {"img_name": np.array([attack], object)},
    ):
        joblib.dump(value, tmp_path / "db.pt", protocol=protocol)
        with pytest.raises(MotionDataError, match="nothing in it was run"):
            load_joblib(tmp_path / "db.pt")
        assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("compress", [0, ("zlib", 3)])
def test_cut_off_dumps_are_named(tmp_path, compress):
    joblib.dump(DATABASE, tmp_path / "db.pt", compress=compress)
    data = (tmp_path / "db.pt").read_bytes()
    for length in (3, len(data) // 3, len(data) // 2, len(data) - 2):
        (tmp_path / "db.pt").write_bytes(data[:length])
        with pytest.raises(MotionDataError, match=r"db\.pt is damaged"):
            load_joblib(tmp_path / "db.pt")


def test_an_ordinary_pickle_is_read_too(tmp_path):
    (tmp_path / "db.pt").write_bytes(pickle.dumps(DATABASE))
    assert_same(load_joblib(tmp_path / "db.pt"))
