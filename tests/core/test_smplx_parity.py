"""Our kinematics against the `smplx` package on the same body (a test extra, never shipped)."""

import numpy as np
import pytest

from core.body_file import load_body_file, open_body_path
from core.body_model import BodyModel
from core.rotations import rotvec_to_rotmat
from core.skeleton import PARENTS

smplx = pytest.importorskip("smplx")
torch = pytest.importorskip("torch")

FRAME_COUNT = 8


@pytest.fixture(scope="module")
def twin():
    """The open body, loaded by smplx."""
    from smplx.utils import Struct

    body = load_body_file(open_body_path())
    vertex_count = len(body.v_template)
    data = Struct(
        v_template=body.v_template,
        shapedirs=body.shapedirs,
        posedirs=np.zeros((vertex_count, 3, 207), np.float32),
        J_regressor=body.joint_regressor,
        weights=body.lbs_weights,
        f=body.faces.astype(np.int64),
        kintree_table=np.stack([np.array(PARENTS), np.arange(24)]),
    )
    return smplx.SMPL("", data_struct=data, batch_size=FRAME_COUNT)


def test_joints_and_vertices_equal_smplx_to_a_tenth_of_a_millimetre(twin):
    random = np.random.default_rng(11)
    rotvec = random.normal(0, 0.7, (FRAME_COUNT, 24, 3)).astype(np.float32)
    betas = random.normal(0, 1, 10).astype(np.float32)
    transl = random.normal(0, 2, (FRAME_COUNT, 3)).astype(np.float32)
    with torch.no_grad():
        expected = twin(
            global_orient=torch.tensor(rotvec[:, 0]),
            body_pose=torch.tensor(rotvec[:, 1:].reshape(FRAME_COUNT, -1)),
            betas=torch.tensor(np.tile(betas, (FRAME_COUNT, 1))),
            transl=torch.tensor(transl),
        )
    model = BodyModel(load_body_file(open_body_path()))
    joints, _ = model.pose_joints(rotvec_to_rotmat(rotvec), betas, transl)
    vertices = model.pose_vertices(rotvec_to_rotmat(rotvec), betas, transl)
    assert np.abs(joints - expected.joints[:, :24].numpy()).max() < 1e-4
    assert np.abs(vertices - expected.vertices.numpy()).max() < 1e-4
