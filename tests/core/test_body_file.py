"""The body file: what is bundled, and what is said about files that are no bodies."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from core.body_file import load_body_file, open_body_path, save_body_file
from core.errors import BodyFileError
from core.skeleton import MIRROR_JOINTS

MIRROR = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def body():
    return load_body_file(open_body_path())


@pytest.fixture(scope="module")
def mirror(body):
    """Index of each vertex' mirror image."""
    return cKDTree(body.v_template).query(body.v_template * MIRROR)[1]


def test_file_is_at_most_2_mb():
    assert open_body_path().stat().st_size <= 2_000_000


def test_smpl_layout(body):
    assert len(body.v_template) >= 6788
    assert body.shapedirs.shape[2] == 10
    assert body.uv is not None
    assert body.uv.shape == (len(body.faces), 3, 2)
    assert np.allclose(body.lbs_weights.sum(1), 1, atol=1e-6)
    assert ((body.lbs_weights > 0).sum(1) <= 4).all()
    assert np.allclose(body.joint_regressor.sum(1), 1, atol=1e-5)


def test_template_is_symmetric_to_1_mm(body, mirror):
    assert np.abs(body.v_template - body.v_template[mirror] * MIRROR).max() < 1e-3
    assert (mirror[mirror] == np.arange(len(mirror))).all()


def test_shape_directions_and_weights_are_symmetric(body, mirror):
    assert np.abs(body.shapedirs - body.shapedirs[mirror] * MIRROR[:, None]).max() < 1e-3
    assert np.abs(body.lbs_weights - body.lbs_weights[mirror][:, MIRROR_JOINTS]).max() < 1e-3


def test_surface_is_closed_and_faces_outward(body):
    edges = np.concatenate([body.faces[:, [0, 1]], body.faces[:, [1, 2]], body.faces[:, [2, 0]]])
    _, counts = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    assert (counts == 2).mean() > 0.99
    a, b, c = body.v_template[body.faces].transpose(1, 0, 2)
    volume_litres = 1000 * (a * np.cross(b, c)).sum() / 6
    assert 45 < volume_litres < 90


def test_landmark_weights_sum_to_one(body):
    total = body.landmark_joint_weights.sum(1) + body.landmark_vertex_weights.sum(1)
    assert np.allclose(total, 1, atol=1e-6)


def test_round_trip(body, tmp_path):
    path = tmp_path / "again.npz"
    save_body_file(path, body)
    again = load_body_file(path)
    assert np.abs(again.v_template - body.v_template).max() < 1e-7
    assert np.abs(again.shapedirs - body.shapedirs).max() < 1e-7
    assert np.abs(again.lbs_weights - body.lbs_weights).max() < 1e-6
    assert np.array_equal(again.joint_regressor, body.joint_regressor)
    assert np.array_equal(again.faces, body.faces)
    assert [file.name for file in tmp_path.iterdir()] == ["again.npz"]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(BodyFileError, match=r"nowhere\.npz does not exist"):
        load_body_file(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 broken"])
def test_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(BodyFileError, match=r"bad\.npz"):
        load_body_file(path)


def test_other_npz_is_refused(tmp_path):
    path = tmp_path / "motion.npz"
    np.savez(path, poses=np.zeros((3, 72)))
    with pytest.raises(BodyFileError, match=r"motion\.npz"):
        load_body_file(path)


def test_wrong_shape_is_refused(body, tmp_path):
    path = tmp_path / "short.npz"
    with np.load(open_body_path()) as archive:
        content = dict(archive)
    content["lbs_joint"], content["lbs_weight"] = content["lbs_joint"][:-1], content["lbs_weight"][:-1]
    np.savez(path, **content)
    with pytest.raises(BodyFileError, match="lbs_weights"):
        load_body_file(path)
