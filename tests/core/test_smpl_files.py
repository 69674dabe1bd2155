"""The user's SMPL files: every form that is in circulation loads; nothing in a file runs."""

import os
import pickle
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from core.body_file import load_body_file, open_body_path
from core.body_model import BodyModel
from core.errors import BodyFileError
from core.skeleton import LANDMARK_NAMES, PARENTS
from core.smpl_files import _gender_from_name, load_pose_corrections, load_smpl_file


@pytest.fixture(scope="module")
def content():
    """The open body under SMPL's keys."""
    body = load_body_file(open_body_path())
    parents = np.array([2**32 - 1, *PARENTS[1:]], np.uint32)
    return {
        "v_template": body.v_template.astype(np.float64),
        "shapedirs": body.shapedirs.astype(np.float64),
        "posedirs": np.arange(4 * 3 * 207.0).reshape(4, 3, 207),
        "J_regressor": body.joint_regressor.astype(np.float64),
        "weights": body.lbs_weights.astype(np.float64),
        "f": body.faces.astype(np.uint32),
        "kintree_table": np.stack([parents, np.arange(24, dtype=np.uint32)]),
        "bs_type": "lrotmin",
    }


@pytest.fixture
def chumpy(monkeypatch):
    """A fake chumpy package whose arrays pickle as the real ones do: their fields, by the default protocol."""
    modules = {name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)

    def add_class(module_name, class_name):
        kind = type(class_name, (), {"__module__": module_name, "__getstate__": lambda self: dict(self.__dict__)})
        setattr(modules[module_name], class_name, kind)
        return kind

    add_class("chumpy.ch", "Ch")
    add_class("chumpy.reordering", "Select")

    def wrap(array):
        result = modules["chumpy.ch"].Ch()
        result.x = array
        result._dirty_vars = None
        return result

    def select(array):
        result = modules["chumpy.reordering"].Select()
        result.a, result.idxs, result.preferred_shape = wrap(array), np.arange(array.size), array.shape
        return result

    modules["chumpy"].wrap, modules["chumpy"].select = wrap, select
    return modules["chumpy"]


def assert_same_body(loaded, content):
    assert loaded.name == "smpl"
    assert np.allclose(loaded.v_template, content["v_template"])
    assert np.allclose(loaded.shapedirs, content["shapedirs"])
    assert np.allclose(loaded.joint_regressor, content["J_regressor"])
    assert np.allclose(loaded.lbs_weights, content["weights"])
    assert np.array_equal(loaded.faces, content["f"])


def test_npz_loads(content, tmp_path):
    path = tmp_path / "SMPL_NEUTRAL.npz"
    np.savez(path, **content)
    assert_same_body(load_smpl_file(path), content)


@pytest.mark.parametrize(
    ("protocol", "form"),
    [(0, sparse.csc_matrix), (2, np.asarray), (4, sparse.csr_matrix), (5, np.asarray), (5, sparse.coo_matrix)],
)
def test_numpy_pickle_loads(content, tmp_path, protocol, form):
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(content | {"J_regressor": form(content["J_regressor"])}, protocol))
    assert_same_body(load_smpl_file(path), content)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_chumpy_pickle_loads_without_chumpy(content, tmp_path, chumpy, monkeypatch, protocol):
    path = tmp_path / "basicModel_f_lbs_10_207_0_v1.0.0.pkl"
    stored = content | {
        "v_template": chumpy.wrap(content["v_template"]),
        "weights": chumpy.wrap(content["weights"]),
        "shapedirs": chumpy.select(content["shapedirs"]),
        "J_regressor": sparse.csc_matrix(content["J_regressor"]),
    }
    path.write_bytes(pickle.dumps(stored, protocol))
    for name in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it would fail now
    loaded = load_smpl_file(path)
    assert_same_body(loaded, content)
    assert loaded.gender == "female"


def test_python_2_names_load(content, tmp_path):
    """Python 2 wrote `numpy.core.multiarray`, `scipy.sparse.csc` and byte strings as text."""
    text = pickle.dumps(content | {"J_regressor": sparse.csc_matrix(content["J_regressor"])}, 2)
    old = text.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    old = old.replace(b"scipy.sparse._csc", b"scipy.sparse.csc")
    path = tmp_path / "model.pkl"
    path.write_bytes(old)
    assert_same_body(load_smpl_file(path), content)


@pytest.mark.parametrize(
    ("name", "gender"),
    [
        ("SMPL_MALE", "male"),
        ("SMPL_FEMALE", "female"),
        ("SMPL_NEUTRAL", "neutral"),
        ("basicmodel_m_lbs_10_207_0_v1.1.0", "male"),
        ("basicModel_neutral_lbs_10_207_0_v1.0.0", "neutral"),
    ],
)
def test_gender_is_read_from_the_name(content, tmp_path, name, gender):
    path = tmp_path / f"{name}.npz"
    np.savez(path, **content)
    assert load_smpl_file(path).gender == gender


def test_three_hundred_betas_are_cut_to_ten(content, tmp_path):
    path = tmp_path / "SMPL_NEUTRAL.npz"
    many = np.concatenate([content["shapedirs"], np.zeros((len(content["v_template"]), 3, 5))], axis=2)
    np.savez(path, **(content | {"shapedirs": many}))
    assert load_smpl_file(path).shapedirs.shape[2] == 10


def test_landmarks_lie_near_those_of_the_open_body(content, tmp_path):
    """The same surface through SMPL's regressor: face and feet within 1 cm, all within 5 cm."""
    path = tmp_path / "SMPL_NEUTRAL.npz"
    np.savez(path, **content)
    rest = np.tile(np.eye(3), (1, 24, 1, 1)), np.zeros(10), np.zeros((1, 3))
    ours = BodyModel(load_body_file(open_body_path())).pose_landmarks(*rest)[0]
    theirs = BodyModel(load_smpl_file(path)).pose_landmarks(*rest)[0]
    distance = dict(zip(LANDMARK_NAMES, np.linalg.norm(ours - theirs, axis=1), strict=True))
    assert max(distance.values()) < 0.05
    for name in ("nose", "left_eye", "right_eye_outer", "left_ear", "mouth_left", "right_heel", "left_foot_index"):
        assert distance[name] < 0.01


class _Runs:
    """Pickles as a call; unpickling it plainly would run the call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("function", [os.mkdir, eval, exec, getattr])
def test_malicious_pickle_does_not_run(content, tmp_path, function):
    trap = tmp_path / "trap"
    argument = str(trap) if function is os.mkdir else f"__import__('os').mkdir({str(trap)!r})"
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(content | {"v_template": _Runs(function, argument)}))
    with pytest.raises(BodyFileError, match="no use for"):
        load_smpl_file(path)
    assert not trap.exists()


def test_names_inside_allowed_packages_are_refused(tmp_path):
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(b"cnumpy\nfromfile\n(S'/etc/hostname'\ntR.")
    with pytest.raises(BodyFileError, match=r"numpy\.fromfile"):
        load_smpl_file(path)


@pytest.mark.parametrize("data", [b"", b"plain text", b"\x80\x04.", b"\x80\x02]q\x00.", b"PK\x03\x04", b"\x80\x05\x95"])
def test_damaged_file_gets_one_sentence(tmp_path, data):
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(data)
    with pytest.raises(BodyFileError, match=r"SMPL_NEUTRAL\.pkl"):
        load_smpl_file(path)


def test_missing_file_and_missing_keys(content, tmp_path):
    with pytest.raises(BodyFileError, match="does not exist"):
        load_smpl_file(tmp_path / "nowhere.pkl")
    path = tmp_path / "part.npz"
    np.savez(path, v_template=content["v_template"])
    with pytest.raises(BodyFileError, match="lacks shapedirs"):
        load_smpl_file(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kintree_table": np.zeros((2, 52), np.uint32)}, "52 joints"),
        ({"kintree_table": np.zeros((2, 24), np.uint32)}, "another way"),
        ({"v_template": np.zeros((100, 3))}, "100 vertices"),
        ({"weights": np.ones((3, 24))}, "lbs_weights"),
        ({"weights": np.array("text")}, "numbers expected"),
    ],
)
def test_other_bodies_are_refused(content, tmp_path, change, sentence):
    path = tmp_path / "SMPL_NEUTRAL.npz"
    np.savez(path, **(content | change))
    with pytest.raises(BodyFileError, match=sentence):
        load_smpl_file(path)


def test_pose_corrections_are_read_apart(content, chumpy, tmp_path):
    np.savez(tmp_path / "SMPL_NEUTRAL.npz", **content)
    wrapped = content | {"posedirs": chumpy.wrap(content["posedirs"])}
    (tmp_path / "basicmodel_m.pkl").write_bytes(pickle.dumps(wrapped, protocol=2))
    for name in ("SMPL_NEUTRAL.npz", "basicmodel_m.pkl"):
        np.testing.assert_array_equal(load_pose_corrections(tmp_path / name), content["posedirs"])
    np.savez(tmp_path / "without.npz", **{key: value for key, value in content.items() if key != "posedirs"})
    assert load_pose_corrections(tmp_path / "without.npz") is None
    np.savez(tmp_path / "other.npz", posedirs=np.zeros((4, 3, 100)))
    with pytest.raises(BodyFileError, match=r"other\.npz have the shape \(4, 3, 100\)"):
        load_pose_corrections(tmp_path / "other.npz")


@pytest.mark.parametrize(
    ("place", "gender"),
    [
        ("smpl/male/model.pkl", "male"), ("SMPL_FEMALE/model.npz", "female"), ("male/v1/body.pkl", "male"),
        ("female/SMPL_NEUTRAL.pkl", "neutral"), ("m/a/b/model.pkl", "neutral"), ("models/SMPLfemale.npz", "female"),
    ],
)  # fmt: skip
def test_where_the_name_says_nothing_the_folders_do(content, tmp_path, place, gender):
    path = tmp_path / "data" / "x" / place
    path.parent.mkdir(parents=True)
    np.savez(path.with_suffix(".npz"), **content)
    assert load_smpl_file(path.with_suffix(".npz")).gender == gender


@pytest.mark.parametrize(
    ("path", "gender"),
    [
        ("/x/SMPLmale.pkl", "male"), ("/x/SMPLMale.npz", "male"), ("/x/SMPL_f.pkl", "female"),
        ("/x/basicModel_f_lbs_10_207_0_v1.0.0.pkl", "female"), ("/x/smpl_neutral_m.pkl", "neutral"),
        ("/data/smpl/male/model.pkl", "male"), ("/data/SMPL_FEMALE/v1/model.pkl", "female"),
        ("/data/female/male/model.pkl", "male"), ("/data/male/v1/pickles/model.pkl", "neutral"),
        ("/home/mary/f/x/SMPL_NEUTRAL.pkl", "neutral"), ("/home/mary/f/model.pkl", "neutral"),
        ("/home/m/smpl/model.pkl", "neutral"), ("/x/male_and_female/model.pkl", "neutral"),
        ("/x/female/SMPL_NEUTRAL.pkl", "neutral"), ("/x/y/mobile_formal.pkl", "neutral"), ("/model.pkl", "neutral"),
    ],
)  # fmt: skip
def test_names_and_folders_say_the_gender(path, gender):
    assert _gender_from_name(Path(path)) == gender


def test_the_folder_counts_where_the_path_is_relative(tmp_path, monkeypatch):
    (tmp_path / "female").mkdir()
    monkeypatch.chdir(tmp_path / "female")
    assert _gender_from_name(Path("model.pkl")) == "female"


@pytest.mark.parametrize(
    ("stated", "gender"),
    [
        ("female", "female"), (b"female", "female"), (np.array("FEMALE"), "female"), (np.array(b"f"), "female"),
        ("b'female'", "female"), ("unknown", "male"), (7, "male"), (None, "male"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
def test_what_the_file_states_goes_before_its_name(content, tmp_path, stated, gender, suffix):
    path = tmp_path / f"SMPL_MALE{suffix}"
    if suffix == ".npz":
        # None is stored as an object, which is never unpickled.
        np.savez(path, **content, gender=stated)
    else:
        path.write_bytes(pickle.dumps({**content, "gender": stated}, protocol=2))
    assert load_smpl_file(path).gender == gender
