"""Reduces the symmetric base mesh by collapsing edges onto existing vertices, on the left half, then mirrors it.

Every vertex of the result is a vertex of MakeHuman's mesh. So weights, shape targets and UVs carry over without any
re-projection, and the result is exactly symmetric.

Source: M. Garland, P. Heckbert, "Surface simplification using quadric error metrics" (1997); differs: vertices only
move onto neighbours, UV seams and chosen vertices stay, and a small edge-length term keeps triangles even.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from .makehuman_data import BaseMesh, FloatArray, IntArray

EDGE_LENGTH_COST: Final = 2e-3
"""Cost of removing an edge beside the surface error: this times its squared length."""
SMALLEST_NORMAL_COSINE: Final = 0.2
"""A collapse may not turn a triangle further than this cosine."""

Corner = tuple[int, int]
Triangle = list[Corner]


@dataclass(frozen=True)
class ReducedMesh:
    """vertex_ids: (V,) indices into the base mesh. faces: (F, 3) into vertex_ids. uv: (F, 3, 2) per corner."""

    vertex_ids: IntArray
    faces: IntArray
    uv: FloatArray


@dataclass
class _HalfMesh:
    """A triangle mesh under collapse: corners carry (vertex, uv) pairs."""

    triangles: dict[int, Triangle]
    around: dict[int, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, triangle in self.triangles.items():
            for vertex, _ in triangle:
                self.around.setdefault(vertex, set()).add(index)

    def neighbours(self, vertex: int) -> set[int]:
        return {other for index in self.around[vertex] for other, _ in self.triangles[index]} - {vertex}

    def collapse(self, removed: int, kept: int) -> None:
        """Move `removed` onto `kept`; the triangles between them vanish."""
        shared = self.around[removed] & self.around[kept]
        kept_uv = {
            triangle_index: uv
            for triangle_index in shared
            for vertex, uv in self.triangles[triangle_index]
            if vertex == kept
        }
        uv_of_kept = next(iter(kept_uv.values()))
        for index in shared:
            for vertex, _ in self.triangles[index]:
                self.around[vertex].discard(index)
            del self.triangles[index]
        for index in self.around.pop(removed):
            self.triangles[index] = [(kept, uv_of_kept) if c[0] == removed else c for c in self.triangles[index]]
            self.around[kept].add(index)


def reduce_mesh(mesh: BaseMesh, shape: FloatArray, vertex_count: int, fixed: set[int]) -> ReducedMesh:
    """Return a mesh of about `vertex_count` vertices (never fewer) that keeps the vertices `fixed` and their mirrors.

    Args:
        shape: (B, 3) metres, the symmetric body whose surface is to be kept.
    """
    half = _left_half(mesh, shape)
    seam = {vertex for vertex in half.around if mesh.mirror[vertex] == vertex}
    locked = _uv_seam_vertices(half) | {v for vertex in fixed for v in (vertex, int(mesh.mirror[vertex]))}
    collapser = _Collapser(half, shape, seam, locked)

    def count() -> int:
        return 2 * len(half.around) - len(seam & half.around.keys())

    collapser.run(lambda: count() <= vertex_count)
    return _mirrored(mesh, half)


class _Collapser:
    """Collapses the cheapest edges of a half mesh until told to stop."""

    def __init__(self, half: _HalfMesh, shape: FloatArray, seam: set[int], locked: set[int]) -> None:
        self._half, self._shape, self._seam, self._locked = half, shape, seam, locked
        self._quadrics = self._vertex_quadrics()
        self._version = dict.fromkeys(half.around, 0)
        self._queue: list[tuple[float, int, int, int, int]] = []
        for vertex in half.around:
            self._offer(vertex)

    def run(self, is_done: Callable[[], bool]) -> None:
        """Collapse until `is_done()` or until no edge may go."""
        while self._queue and not is_done():
            _, removed, kept, *versions = heapq.heappop(self._queue)
            if versions != [self._version.get(removed), self._version.get(kept)] or not self._allowed(removed, kept):
                continue
            ring = self._half.neighbours(removed)
            self._half.collapse(removed, kept)
            self._quadrics[kept] = self._quadrics[kept] + self._quadrics[removed]
            del self._version[removed]
            for vertex in ring:
                self._version[vertex] += 1
            for vertex in ring | self._half.neighbours(kept):
                self._offer(vertex)

    def _offer(self, vertex: int) -> None:
        """Queue the collapses of every edge at `vertex`, both ways."""
        for other in self._half.neighbours(vertex):
            for removed, kept in ((vertex, other), (other, vertex)):
                if removed not in self._locked and (removed not in self._seam or kept in self._seam):
                    entry = (self._cost(removed, kept), removed, kept, self._version[removed], self._version[kept])
                    heapq.heappush(self._queue, entry)

    def _cost(self, removed: int, kept: int) -> float:
        point = np.append(self._shape[kept], 1.0)
        length = self._shape[kept] - self._shape[removed]
        error = point @ (self._quadrics[removed] + self._quadrics[kept]) @ point
        # Weighted like the quadrics, by the area about the vertex.
        return float(error + EDGE_LENGTH_COST * (length @ length) ** 2)

    def _allowed(self, removed: int, kept: int) -> bool:
        half = self._half
        shared_triangles = half.around[removed] & half.around[kept]
        common = half.neighbours(removed) & half.neighbours(kept)
        on_border = removed in self._seam and kept in self._seam
        if len(common) != len(shared_triangles) or len(shared_triangles) != (1 if on_border else 2):
            return False
        return all(
            self._keeps_facing(half.triangles[index], removed, kept)
            for index in half.around[removed] - shared_triangles
        )

    def _keeps_facing(self, triangle: Triangle, removed: int, kept: int) -> bool:
        before = self._normal([vertex for vertex, _ in triangle])
        after = self._normal([kept if vertex == removed else vertex for vertex, _ in triangle])
        size = float(np.linalg.norm(before) * np.linalg.norm(after))
        return size > 1e-14 and float(before @ after) > SMALLEST_NORMAL_COSINE * size

    def _normal(self, vertices: list[int]) -> FloatArray:
        a, b, c = self._shape[vertices]
        return np.array(np.cross(b - a, c - a))

    def _vertex_quadrics(self) -> dict[int, FloatArray]:
        """Return the area-weighted sum of squared plane distances about each vertex, as 4 x 4 matrices."""
        quadrics = {vertex: np.zeros((4, 4)) for vertex in self._half.around}
        for triangle in self._half.triangles.values():
            vertices = [vertex for vertex, _ in triangle]
            normal = self._normal(vertices)
            area = float(np.linalg.norm(normal))
            normal = normal / max(area, 1e-12)
            plane = np.append(normal, -normal @ self._shape[vertices[0]])
            for vertex in vertices:
                quadrics[vertex] += area * np.outer(plane, plane)
                if vertex in self._seam:  # the mirror image of the triangle is there too
                    mirrored = plane * [-1, 1, 1, 1]
                    quadrics[vertex] += area * np.outer(mirrored, mirrored)
        return quadrics


def _left_half(mesh: BaseMesh, shape: FloatArray) -> _HalfMesh:
    """Return the triangles of the left half; quads are cut along their shorter diagonal."""
    centre_x = shape[mesh.faces][..., 0].mean(axis=1)
    triangles: list[Triangle] = []
    for quad, quad_uv in zip(mesh.faces[centre_x > 0], mesh.face_uv[centre_x > 0], strict=True):
        corners = [(int(vertex), int(uv)) for vertex, uv in zip(quad, quad_uv, strict=True)]
        points = shape[quad]
        first_is_shorter = np.linalg.norm(points[0] - points[2]) <= np.linalg.norm(points[1] - points[3])
        cuts = ((0, 1, 2), (0, 2, 3)) if first_is_shorter else ((1, 2, 3), (1, 3, 0))
        triangles += [[corners[k] for k in cut] for cut in cuts]
    return _HalfMesh(dict(enumerate(triangles)))


def _uv_seam_vertices(half: _HalfMesh) -> set[int]:
    """Return the vertices that have more than one UV: moving one would tear the texture."""
    uv_of: dict[int, set[int]] = {}
    for triangle in half.triangles.values():
        for vertex, uv in triangle:
            uv_of.setdefault(vertex, set()).add(uv)
    return {vertex for vertex, uvs in uv_of.items() if len(uvs) > 1}


def _mirrored(mesh: BaseMesh, half: _HalfMesh) -> ReducedMesh:
    """Return the whole mesh: the left half and its mirror image, with the right half's own UVs."""
    mirrored_uv = _mirrored_corner_uv(mesh)
    corners = [triangle for _, triangle in sorted(half.triangles.items())]
    corners += [
        [(int(mesh.mirror[vertex]), mirrored_uv[vertex, uv]) for vertex, uv in reversed(triangle)]
        for triangle in corners
    ]
    table = np.array(corners)
    vertex_ids, faces = np.unique(table[..., 0], return_inverse=True)
    return ReducedMesh(vertex_ids, faces.reshape(-1, 3), mesh.uv[table[..., 1]])


def _mirrored_corner_uv(mesh: BaseMesh) -> dict[Corner, int]:
    """Return for each (vertex, uv) corner of the mesh the UV index of the mirrored corner."""
    face_of = {frozenset(face): index for index, face in enumerate(mesh.faces.tolist())}
    result: dict[Corner, int] = {}
    for face, face_uv in zip(mesh.faces.tolist(), mesh.face_uv.tolist(), strict=True):
        images = [int(mesh.mirror[vertex]) for vertex in face]
        other = face_of[frozenset(images)]
        uv_there = dict(zip(mesh.faces[other].tolist(), mesh.face_uv[other].tolist(), strict=True))
        for vertex, uv, image in zip(face, face_uv, images, strict=True):
            result[vertex, uv] = uv_there[image]
    return result
