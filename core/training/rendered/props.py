"""Things that stand about: boxes, posts, a counter, a wall. All are still meshes in world axes."""

from typing import Final

import numpy as np

from ...skeleton import JOINT_COUNT
from .arrays import FloatArray
from .materials import Colour, Material
from .meshes import Mesh, one_material

POST_SIDES: Final = 28


def box(centre: FloatArray, size: tuple[float, float, float], heading_rad: float, material: Material) -> Mesh:
    """Return a box about a centre (3,), turned about the vertical."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * size
    sides = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    turn = np.array(
        [
            [np.cos(heading_rad), 0.0, np.sin(heading_rad)],
            [0.0, 1.0, 0.0],
            [-np.sin(heading_rad), 0.0, np.cos(heading_rad)],
        ]
    )
    # Each side has corners of its own, so that edges stay sharp.
    points = corners[sides.ravel()] @ turn.T + centre
    first = np.arange(0, 24, 4)
    faces = np.concatenate([np.stack([first, first + k, first + k + 1], axis=1) for k in (1, 2)])
    return one_material(points, np.zeros((24, JOINT_COUNT)), faces, material)


def post(foot: FloatArray, radius: float, height: float, material: Material) -> Mesh:
    """Return an upright round post on a foot point (3,)."""
    angles = np.arange(POST_SIDES) / POST_SIDES * 2 * np.pi
    ring = np.stack([radius * np.sin(angles), np.zeros(POST_SIDES), radius * np.cos(angles)], axis=1)
    points = np.concatenate([foot + ring, foot + ring + [0.0, height, 0.0]])
    a, b = np.arange(POST_SIDES), (np.arange(POST_SIDES) + 1) % POST_SIDES
    faces = np.concatenate([np.stack([a, b, a + POST_SIDES], 1), np.stack([b, b + POST_SIDES, a + POST_SIDES], 1)])
    return one_material(points, np.zeros((len(points), JOINT_COUNT)), faces, material)


def posts_before(
    people: FloatArray, camera: FloatArray, floor_y: float, shares: tuple[float, ...], material: Material
) -> list[Mesh]:
    """Return posts between the camera and the people.

    Args:
        people: (T, 3) the main person's pelvis. camera: (3,). shares: along the path, where a post hides the person.
    """
    posts = []
    for share in shares:
        behind = people[min(int(share * len(people)), len(people) - 1)]
        foot = camera + 0.72 * (behind - camera)
        foot[1] = floor_y
        posts.append(post(foot, 0.15, 3.2, material))
    return posts


def counter_before(person: FloatArray, camera: FloatArray, floor_y: float, height: float, material: Material) -> Mesh:
    """Return a closed counter between the person (T, 3) and the camera, which hides the legs."""
    middle = person.mean(axis=0)
    way = (camera - middle) * [1.0, 0.0, 1.0]
    way /= np.linalg.norm(way)
    reach = float(((person - middle) @ way).max())
    centre = middle + (reach + 0.62) * way
    centre[1] = floor_y + height / 2
    return box(centre, (1.7, height, 0.5), float(np.arctan2(way[0], way[2])), material)


def wall_behind(person: FloatArray, camera: FloatArray, floor_y: float, gap: float, material: Material) -> Mesh:
    """Return a wall beyond the person (T, 3), square to the view."""
    middle = person.mean(axis=0)
    way = (middle - camera) * [1.0, 0.0, 1.0]
    way /= np.linalg.norm(way)
    reach = float(((person - middle) @ way).max())
    centre = middle + (reach + gap) * way
    centre[1] = floor_y + 1.5
    return box(centre, (12.0, 3.0, 0.2), float(np.arctan2(way[0], way[2])), material)


def prop_material(random: np.random.Generator, pattern: str, size_m: float) -> Material:
    """Return a prop's look with drawn colours."""
    tone = random.uniform(0.1, 0.6)
    tint = 1 + 0.5 * (random.dirichlet((2, 2, 2)) * 3 - 1)
    first = np.clip(tone * tint, 0.02, 0.8)
    second = np.clip(first * random.uniform(0.4, 0.8), 0.02, 0.8)
    return Material(pattern, _colour(first), _colour(second), size_m, 0.0, 0.1)


def _colour(values: FloatArray) -> Colour:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
