"""The joint regressor: rest joints as a fixed linear mix of nearby vertices, exact for template and components."""

from typing import Final

import numpy as np
from scipy.optimize import nnls

from ...skeleton import JOINT_COUNT, MIRROR_JOINTS
from .makehuman_data import FloatArray, IntArray

NEAR_VERTICES: Final = 240
TEMPLATE_WEIGHT: Final = 10.0
COMPONENT_WEIGHT: Final = 30.0
SUM_WEIGHT: Final = 100.0


def fit_joint_regressor(
    surface: FloatArray, components: FloatArray, joints: FloatArray, joint_components: FloatArray, mirror: IntArray
) -> FloatArray:
    """Return the regressor (24, V), rows summing to 1, mirror symmetric.

    Args:
        surface: (V, 3). components: (10, V, 3). joints: (24, 3). joint_components: (10, 24, 3). All in metres.
        mirror: (V,) index of each vertex' mirror image.
    Note: a non-negative fit first, then the smallest correction that makes it exact; weights may be slightly negative.
    """
    regressor = np.zeros((JOINT_COUNT, len(surface)))
    for joint in range(JOINT_COUNT):
        opposite = MIRROR_JOINTS[joint]
        if opposite < joint:
            regressor[joint, mirror] = regressor[opposite]
            continue
        weights = _joint_weights(surface, components, joints[joint], joint_components[:, joint])
        # The mean with the mirror image keeps the middle joints exactly on x = 0.
        regressor[joint] = 0.5 * (weights + weights[mirror]) if opposite == joint else weights
    return regressor


def _joint_weights(surface: FloatArray, components: FloatArray, joint: FloatArray, shifts: FloatArray) -> FloatArray:
    """Return the weights (V,) of one joint (3,) with its shape derivatives (10, 3)."""
    near = _even_ring(surface, joint)
    rows = [
        TEMPLATE_WEIGHT * surface[near].T,
        *(COMPONENT_WEIGHT * component[near].T for component in components),
        np.full((1, len(near)), SUM_WEIGHT),
    ]
    wanted = [TEMPLATE_WEIGHT * joint, *(COMPONENT_WEIGHT * shift for shift in shifts), np.array([SUM_WEIGHT])]
    matrix, right_side = np.concatenate(rows), np.concatenate(wanted)
    found, _ = nnls(matrix, right_side, maxiter=20000)
    found = found + np.linalg.lstsq(matrix, right_side - matrix @ found, rcond=1e-9)[0]
    weights = np.zeros(len(surface))
    weights[near] = found
    return weights


def _even_ring(surface: FloatArray, joint: FloatArray) -> IntArray:
    """Return the vertices to mix: the nearest ones, thinned so that they reach all around the limb."""
    by_distance = np.argsort(np.linalg.norm(surface - joint, axis=1), kind="stable")
    return by_distance[: 3 * NEAR_VERTICES : 3]
