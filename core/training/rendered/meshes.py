"""Meshes that a scene is put together from: skinned ones (people and what they wear) and still ones (props)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from .arrays import BoolArray, FloatArray, IntArray
from .materials import Material


@dataclass(frozen=True)
class Mesh:
    """Triangles of several materials.

    rest: (V, 3) metres, of the T-pose for people; also what patterns are painted on.
    weights: (V, 24) of the joints; all 0 for what stands still in the world.
    cover: (V,) metres inside the hem; a pixel with a negative value is not there.
    faces: (F, 3). face_material: (F,) places in `materials`.
    """

    rest: FloatArray
    weights: FloatArray
    cover: FloatArray
    faces: IntArray
    face_material: IntArray
    materials: tuple[Material, ...]


def one_material(rest: FloatArray, weights: FloatArray, faces: IntArray, material: Material) -> Mesh:
    """Return a mesh of one material without hems."""
    return Mesh(rest, weights, np.ones(len(rest)), faces, np.zeros(len(faces), np.int64), (material,))


def join_meshes(meshes: Sequence[Mesh]) -> Mesh:
    """Return all meshes as one."""
    vertex_starts = np.cumsum([0, *(len(mesh.rest) for mesh in meshes)])
    material_starts = np.cumsum([0, *(len(mesh.materials) for mesh in meshes)])
    return Mesh(
        rest=np.concatenate([mesh.rest for mesh in meshes]),
        weights=np.concatenate([mesh.weights for mesh in meshes]),
        cover=np.concatenate([mesh.cover for mesh in meshes]),
        faces=np.concatenate([mesh.faces + start for mesh, start in zip(meshes, vertex_starts, strict=False)]),
        face_material=np.concatenate(
            [mesh.face_material + start for mesh, start in zip(meshes, material_starts, strict=False)]
        ),
        materials=tuple(material for mesh in meshes for material in mesh.materials),
    )


def without_faces(mesh: Mesh, dropped: BoolArray) -> Mesh:
    """Return the mesh without some of its triangles (F,); its vertices stay."""
    return Mesh(mesh.rest, mesh.weights, mesh.cover, mesh.faces[~dropped], mesh.face_material[~dropped], mesh.materials)


def part_of(faces: IntArray, chosen: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the vertex indices (K,) that the chosen faces (F,) use, and those faces over them."""
    used = np.unique(faces[chosen])
    place = np.full(int(faces.max()) + 1, -1)
    place[used] = np.arange(len(used))
    return used, place[faces[chosen]]


def neighbour_mean(faces: IntArray, vertex_count: int) -> Any:
    """Return the sparse matrix (V, V) that replaces each vertex by the mean of its neighbours."""
    rows = np.concatenate([faces[:, k] for k in (0, 1, 2, 1, 2, 0)])
    columns = np.concatenate([faces[:, k] for k in (1, 2, 0, 0, 1, 2)])
    links = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(vertex_count, vertex_count)).tocsr()
    links.data[:] = 1.0
    counts = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)
    return sparse.diags(1.0 / counts) @ links


def normals_of(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Return the unit normals (V, 3) of a mesh."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    of_faces = np.cross(b - a, c - a)
    total = np.stack(
        [sum(np.bincount(faces[:, k], of_faces[:, axis], len(vertices)) for k in range(3)) for axis in range(3)],
        axis=1,
    )
    result: FloatArray = total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)
    return result
