"""Mesh reduction on a symmetric ball of quads."""

import numpy as np
import pytest

from core.conversion.open_body.decimation import reduce_mesh
from core.conversion.open_body.makehuman_data import BaseMesh, mirror_map

ROWS = 12


@pytest.fixture(scope="module")
def ball():
    """A cube of quads blown up to a sphere, symmetric about x = 0, without UV seams."""
    steps = np.linspace(-1, 1, ROWS + 1)
    points: dict[tuple[float, ...], int] = {}
    faces = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            for i in range(ROWS):
                for j in range(ROWS):
                    corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
                    face = []
                    for a, b in corners[:: int(sign)]:
                        point = np.insert(np.array([steps[a], steps[b]]), axis, sign)
                        face.append(points.setdefault(tuple(np.round(point, 9)), len(points)))
                    # Dropping the middle one of three axes swaps handedness.
                    faces.append(face[::-1] if axis == 1 else face)
    vertices = np.array(list(points))
    vertices /= np.linalg.norm(vertices, axis=1, keepdims=True)
    quads = np.array(faces)
    return BaseMesh(vertices, mirror_map(vertices), quads, quads, vertices[:, :2] * 0.5 + 0.5, {})


@pytest.fixture(scope="module")
def reduced(ball):
    return reduce_mesh(ball, ball.vertices, 300, fixed={5, 400})


def test_count_is_reached(reduced):
    assert 295 <= len(reduced.vertex_ids) <= 300


def test_surface_stays_closed_and_outward(ball, reduced):
    edges = np.concatenate([reduced.faces[:, [0, 1]], reduced.faces[:, [1, 2]], reduced.faces[:, [2, 0]]])
    _, counts = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    assert (counts == 2).all()
    assert len(np.unique(edges, axis=0)) == len(edges)
    a, b, c = ball.vertices[reduced.vertex_ids][reduced.faces].transpose(1, 0, 2)
    volume = (a * np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(4 / 3 * np.pi, rel=0.05)


def test_result_is_exactly_symmetric(ball, reduced):
    mirrored_ids = np.sort(ball.mirror[reduced.vertex_ids])
    assert np.array_equal(mirrored_ids, np.sort(reduced.vertex_ids))
    faces = {frozenset(face) for face in reduced.vertex_ids[reduced.faces].tolist()}
    assert faces == {frozenset(ball.mirror[list(face)].tolist()) for face in faces}


def test_fixed_vertices_and_their_mirrors_stay(ball, reduced):
    assert {5, 400, int(ball.mirror[5]), int(ball.mirror[400])} <= set(reduced.vertex_ids.tolist())


def test_uv_follow_their_vertices(ball, reduced):
    assert np.allclose(reduced.uv, ball.uv[reduced.vertex_ids[reduced.faces]])
