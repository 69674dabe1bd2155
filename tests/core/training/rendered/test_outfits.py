import numpy as np
import pytest

from core.training.rendered.garments import Cut, cloth, hidden_by
from core.training.rendered.materials import Material
from core.training.rendered.meshes import join_meshes, normals_of, one_material
from core.training.rendered.outfits import BOTTOMS, TOPS, Outfit, dress

PLAIN = Material("plain", (0.5, 0.5, 0.5))


@pytest.mark.parametrize(("top", "bottom"), list(zip((*TOPS,), (*BOTTOMS, BOTTOMS[0]), strict=True)))
def test_dressed_bodies_are_whole(body, top, bottom):
    mesh = dress(body, Outfit(top, bottom, 0.5), 3).mesh
    assert np.isfinite(mesh.rest).all()
    assert mesh.faces.min() >= 0
    assert mesh.faces.max() < len(mesh.rest) == len(mesh.weights) == len(mesh.cover)
    assert mesh.face_material.max() == len(mesh.materials) - 1
    np.testing.assert_allclose(mesh.weights.sum(axis=1), 1.0, atol=1e-2)


def test_the_seed_alone_decides_the_look(body):
    outfit = Outfit("shirt", "trousers")
    first, again, other = dress(body, outfit, 1), dress(body, outfit, 1), dress(body, outfit, 2)
    assert first.mesh.materials == again.mesh.materials
    assert np.array_equal(first.mesh.rest, again.mesh.rest)
    assert first.mesh.materials != other.mesh.materials


def test_a_shirt_lies_outside_the_skin_and_ends_at_its_hems(body):
    shirt, field = cloth(body, Cut(0.53, 1.0, 0.016, 0.4), PLAIN, np.random.default_rng(0))
    normals = normals_of(body.vertices, body.faces)
    used = np.unique(body.faces[((field[body.faces] > -0.03).all(axis=1) & (field[body.faces] > 0).any(axis=1))])
    inside = field[used] > 0.01
    outwards = ((shirt.rest - body.vertices[used]) * normals[used]).sum(axis=1)[inside]
    assert np.percentile(outwards, 1) > 0.003
    assert np.percentile(outwards, 99) < 0.06
    elbow = body.joint("left_elbow")[0]
    assert np.abs(shirt.rest[shirt.cover > 0, 0]).max() < elbow


def test_only_skin_well_inside_a_garment_is_left_out(body):
    field = body.vertices[:, 1]
    dropped = hidden_by(body, field)
    assert dropped.any()
    assert body.vertices[np.unique(body.faces[dropped]), 1].min() > 0.02


def test_joined_meshes_keep_their_materials():
    corners, weights = np.eye(3), np.zeros((3, 24))
    parts = [one_material(corners + k, weights, np.array([[0, 1, 2]]), Material("plain", (k, 0, 0))) for k in range(3)]
    whole = join_meshes(parts)
    for k in range(3):
        np.testing.assert_array_equal(whole.rest[whole.faces[k]], corners + k)
        assert whole.materials[whole.face_material[k]].first[0] == k
