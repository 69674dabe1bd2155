"""The joint regressor reproduces joints and their shape derivatives."""

import numpy as np

from core.body_file import load_body_file, open_body_path
from core.conversion.open_body.joint_regressor import fit_joint_regressor
from core.skeleton import MIRROR_JOINTS

MIRROR = np.array([-1.0, 1.0, 1.0])


def symmetric_cloud(random, count):
    left = random.uniform([0.01, -1, -0.2], [0.4, 1, 0.2], (count, 3))
    return np.concatenate([left, left * MIRROR]), np.roll(np.arange(2 * count), count)


def test_fit_is_exact_and_symmetric():
    random = np.random.default_rng(0)
    surface, mirror = symmetric_cloud(random, 1500)
    half = random.normal(0, 0.01, (10, 1500, 3))
    components = np.concatenate([half, half * MIRROR], axis=1)
    # Joints that are some symmetric linear mix of the surface, so that an exact answer exists.
    mix = random.dirichlet(np.full(3000, 0.02), 24)
    mix = 0.5 * (mix + mix[:, mirror][list(MIRROR_JOINTS)])
    joints, shifts = mix @ surface, mix @ components
    regressor = fit_joint_regressor(surface, components, joints, shifts, mirror)
    assert np.abs(regressor @ surface - joints).max() < 1e-6
    assert np.abs(regressor @ components - shifts).max() < 1e-6
    assert np.abs(regressor[:, mirror][list(MIRROR_JOINTS)] - regressor).max() < 1e-12


def test_bundled_regressor_is_sparse_and_tame():
    regressor = load_body_file(open_body_path()).joint_regressor
    assert ((regressor != 0).sum(axis=1) <= 500).all()
    assert np.abs(regressor).max() < 1.0
