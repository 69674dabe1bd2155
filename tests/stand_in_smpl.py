"""A body in the form of SMPL's files, made of numbers: a cloud of 6890 vertices around the open body's joints."""

import numpy as np

from core.body_model import load_open_body
from core.skeleton import PARENTS

VERTEX_COUNT = 6890


def smpl_content(seed=0):
    """Arrays under SMPL's keys, pose corrections included."""
    rng = np.random.default_rng(seed)
    joints = load_open_body().rest_joints(np.zeros(10))
    owner = np.arange(VERTEX_COUNT) % 24
    template = joints[owner] + rng.normal(0, 0.04, (VERTEX_COUNT, 3))
    weights = np.zeros((VERTEX_COUNT, 24))
    weights[np.arange(VERTEX_COUNT), owner] = 0.7
    weights[np.arange(VERTEX_COUNT), np.maximum(np.array(PARENTS)[owner], 0)] += 0.3
    regressor = (owner[None] == np.arange(24)[:, None]) / np.bincount(owner)[:, None]
    parents = np.array([2**32 - 1, *PARENTS[1:]], np.uint32)
    return {
        "v_template": template,
        "shapedirs": rng.normal(0, 0.005, (VERTEX_COUNT, 3, 10)),
        "posedirs": rng.normal(0, 0.002, (VERTEX_COUNT, 3, 207)),
        "J_regressor": regressor,
        "weights": weights,
        "f": np.arange(12).reshape(4, 3),
        "kintree_table": np.stack([parents, np.arange(24, dtype=np.uint32)]),
    }


def joint_regressor(count, seed=0):
    """(count, 6890): each joint the mean of 20 vertices."""
    rng = np.random.default_rng(seed + count)
    regressor = np.zeros((count, VERTEX_COUNT), np.float32)
    for row in regressor:
        row[rng.choice(VERTEX_COUNT, 20, replace=False)] = 0.05
    return regressor


def write_smpl_files(folder, name="SMPL_NEUTRAL.npz"):
    """Write the body and both regressors under their published names."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / name, **smpl_content())
    np.save(folder / "J_regressor_extra.npy", joint_regressor(9))
    np.save(folder / "J_regressor_h36m.npy", joint_regressor(17))
    return folder / name
