import numpy as np
import pytest

from core.errors import BodyFileError
from core.training.datasets.joint_names import LSP_14, MPI_17, SPIN_49
from core.training.evaluation.protocols import (
    MPI_INF_3DHP_17,
    OPEN_12,
    VIBE_14,
    correct_joints,
    load_joint_regressor,
    lsp14_joints,
    mpi17_joints,
    spin49_joints,
)

RNG = np.random.default_rng(0)
VERTICES = RNG.normal(size=(2, 6890, 3))


def picking_regressor(vertex_ids):
    """A regressor whose joints are single vertices."""
    regressor = np.zeros((len(vertex_ids), 6890))
    regressor[np.arange(len(vertex_ids)), vertex_ids] = 1.0
    return regressor


def test_the_14_joints_are_the_right_rows_of_h36ms_regressor():
    ids = np.arange(17) * 10
    joints = lsp14_joints(VERTICES, picking_regressor(ids))
    # H36M: 0 pelvis, 1-3 left leg, 4-6 right leg, 8 thorax, 10 head top, 11-13 left arm, 14-16 right arm.
    of_h36m = {"left_hip": 1, "left_ankle": 3, "right_hip": 4, "right_ankle": 6, "neck": 8, "head_top": 10}
    of_h36m |= {"left_shoulder": 11, "left_wrist": 13, "right_shoulder": 14, "right_wrist": 16}
    for name, row in of_h36m.items():
        assert np.array_equal(joints[:, LSP_14.index(name)], VERTICES[:, ids[row]]), name


def test_the_49_joints_have_their_names_places():
    joints = RNG.normal(size=(2, 24, 3))
    extra = np.arange(9) + 5000
    spin = spin49_joints(joints, VERTICES, picking_regressor(extra))
    assert spin.shape == (2, 49, 3)
    of_smpl = {
        "op_mid_hip": 0,
        "op_left_knee": 4,
        "right_knee": 5,
        "left_wrist": 20,
        "op_right_elbow": 19,
        "op_neck": 12,
    }
    for name, joint in of_smpl.items():
        assert np.array_equal(spin[:, SPIN_49.index(name)], joints[:, joint]), name
    of_skin = {"nose": 332, "op_left_eye": 2800, "op_left_big_toe": 3216, "op_right_heel": 6787, "right_ear": 4071}
    for name, vertex in of_skin.items():
        assert np.array_equal(spin[:, SPIN_49.index(name)], VERTICES[:, vertex]), name
    of_extra = {
        "right_hip": 0,
        "left_hip": 1,
        "neck": 2,
        "head_top": 3,
        "pelvis": 4,
        "thorax": 5,
        "spine": 6,
        "head": 8,
    }
    for name, row in of_extra.items():
        assert np.array_equal(spin[:, SPIN_49.index(name)], VERTICES[:, extra[row]]), name
    mpi = mpi17_joints(spin)
    for name in MPI_17:
        assert np.array_equal(mpi[:, MPI_17.index(name)], spin[:, SPIN_49.index(name)]), name


def test_roots_are_what_the_protocols_say():
    assert [VIBE_14.joint_names[j] for j in VIBE_14.root_joints] == ["right_hip", "left_hip"]
    assert [MPI_INF_3DHP_17.joint_names[j] for j in MPI_INF_3DHP_17.root_joints] == ["pelvis"]
    assert [OPEN_12.joint_names[j] for j in OPEN_12.root_joints] == ["left_hip", "right_hip"]


def test_pck_and_auc_have_known_values():
    true = RNG.normal(size=(10, 4, 3))
    predicted = true.copy()
    # Joint 0 is the root; the joints are 0, 0, 102 and 200 mm off.
    predicted[:, 2, 0] += 0.102
    predicted[:, 3, 1] += 0.2
    result = correct_joints(predicted, true, (0,))
    assert result.pck == pytest.approx(75)
    # Exact joints pass 30 of 31 thresholds (not zero), the third those above 102 mm: 105, ..., 150.
    assert result.auc == pytest.approx(100 * (30 + 30 + 10) / (4 * 31))


@pytest.mark.parametrize("content", [None, "text", "shape", "pickle"])
def test_a_wrong_regressor_is_named_and_never_unpickled(tmp_path, content):
    path = tmp_path / "J_regressor_h36m.npy"
    if content == "text":
        path.write_text("nothing")
    if content == "shape":
        np.save(path, np.zeros((9, 6890)))
    if content == "pickle":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(BodyFileError, match="J_regressor_h36m"):
        load_joint_regressor(path, 17)


def test_a_regressor_is_read(tmp_path):
    np.save(tmp_path / "r.npy", picking_regressor(np.arange(9)))
    assert load_joint_regressor(tmp_path / "r.npy", 9).shape == (9, 6890)
