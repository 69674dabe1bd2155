"""The shape space: principal components of many T-posed phenotypes, scaled so that betas have unit variance."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...skeleton import BETA_COUNT
from .joint_placement import place_joints
from .makehuman_data import BaseMesh, FloatArray, IntArray
from .phenotypes import PhenotypeShapes, draw_phenotype
from .t_pose import t_pose_joints, t_pose_rotations, t_pose_surface

SAMPLE_COUNT: Final = 500
SEED: Final = 20261122


@dataclass(frozen=True)
class ShapeSpace:
    """Mean and components, pelvis at the origin, metres.

    surface: (V, 3). surface_components: (10, V, 3). joints: (24, 3). joint_components: (10, 24, 3).
    explained: (10,) share of the surface's variance. residual_m: mean distance of a sample's vertex to its rebuild.
    """

    surface: FloatArray
    surface_components: FloatArray
    joints: FloatArray
    joint_components: FloatArray
    explained: FloatArray
    residual_m: float


def t_posed_body(
    mesh: BaseMesh, shape: FloatArray, vertex_ids: IntArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the T-posed surface (V, 3) and joints (24, 3) of an A-posed body (B, 3), pelvis at the origin.

    Args:
        vertex_ids: (V,) the vertices wanted. weights: (V, 24) their final skin weights.
    """
    joints = place_joints(mesh, shape)
    knuckles = mesh.joint_centre(shape, "l-finger-5-1") - mesh.joint_centre(shape, "l-finger-2-1")
    rotations = t_pose_rotations(joints, knuckles)
    posed = t_pose_joints(joints, rotations)
    surface = t_pose_surface(shape[vertex_ids], weights, joints, posed, rotations)
    return surface - posed[0], posed - posed[0]


def build_shape_space(
    mesh: BaseMesh, shapes: PhenotypeShapes, vertex_ids: IntArray, weights: FloatArray, report: Callable[[str], None]
) -> ShapeSpace:
    """Return the shape space of `SAMPLE_COUNT` random adults. The first component is close to stature; + is taller."""
    random = np.random.default_rng(SEED)
    surfaces, joints = [], []
    for index in range(SAMPLE_COUNT):
        surface, joint = t_posed_body(mesh, shapes.vertices(draw_phenotype(random)), vertex_ids, weights)
        surfaces.append(surface)
        joints.append(joint)
        if (index + 1) % 100 == 0:
            report(f"{index + 1} of {SAMPLE_COUNT} people drawn")
    return _principal_components(np.array(surfaces), np.array(joints))


def _principal_components(surfaces: FloatArray, joints: FloatArray) -> ShapeSpace:
    count = len(surfaces)
    centred = (surfaces - surfaces.mean(axis=0)).reshape(count, -1)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    betas = left[:, :BETA_COUNT] * np.sqrt(count - 1)
    components = right[:BETA_COUNT] * singular[:BETA_COUNT, None] / np.sqrt(count - 1)
    signs = np.array([_growth_sign(surfaces.mean(axis=0), c.reshape(-1, 3)) for c in components])
    betas, components = betas * signs, components * signs[:, None]
    joint_deviation = (joints - joints.mean(axis=0)).reshape(count, -1)
    residual = (centred - betas @ components).reshape(count, -1, 3)
    return ShapeSpace(
        surface=surfaces.mean(axis=0),
        surface_components=components.reshape(BETA_COUNT, -1, 3),
        joints=joints.mean(axis=0),
        joint_components=(betas.T @ joint_deviation / (count - 1)).reshape(BETA_COUNT, -1, 3),
        explained=singular[:BETA_COUNT] ** 2 / np.sum(singular**2),
        residual_m=float(np.linalg.norm(residual, axis=-1).mean()),
    )


def _growth_sign(surface: FloatArray, component: FloatArray) -> float:
    """Return the sign that makes a component grow the body away from the pelvis."""
    return 1.0 if float((surface * component).sum()) >= 0 else -1.0
