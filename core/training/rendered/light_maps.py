"""Height maps of the scene as seen from the sun and from the zenith: what shades what."""

from typing import Final

import numpy as np

from .arrays import FloatArray, IntArray
from .kernel_types import LightMaps
from .raster_kernels import rasterise_heights

MAP_SIZE: Final = 512
SUN_SOFTNESS_M: Final = 0.025
SKY_SOFTNESS_M: Final = 0.28
"""How far about a point the sky's light is gathered: the width of the dark under a foot or an arm."""


def light_maps(
    points: FloatArray,
    cover: FloatArray,
    faces: IntArray,
    low_faces: IntArray,
    people: FloatArray,
    sun_direction: FloatArray,
) -> LightMaps:
    """Return both maps, about the people.

    Args:
        points: (V, 3) world metres. cover: (V,) as for `rasterise`. faces: (F, 3) what shades the sun.
        low_faces: (G, 3) what shades the sky: below a wall's top there is no ceiling, so no walls.
        people: (N, 3) the points that the maps must hold. sun_direction: (3,) towards it.
    """
    centre = 0.5 * (people.min(axis=0) + people.max(axis=0))
    radius = float(np.linalg.norm(people - centre, axis=1).max()) * 1.35 + 0.4
    sun, sun_frame = _height_map(points, cover, faces, sun_direction, centre, radius)
    sky, sky_frame = _height_map(points, cover, low_faces, np.array([0.0, 1.0, 0.0]), centre, radius)
    scale = MAP_SIZE / (2 * radius)
    return sun, sun_frame, SUN_SOFTNESS_M * scale, sky, sky_frame, SKY_SOFTNESS_M * scale


def _height_map(
    points: FloatArray, cover: FloatArray, faces: IntArray, direction: FloatArray, centre: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray]:
    frame = _light_frame(direction, centre, radius)
    heights = np.empty((MAP_SIZE, MAP_SIZE))
    rasterise_heights(points @ frame[:, :3].T + frame[:, 3], faces, cover, heights)
    return heights, frame


def _light_frame(direction: FloatArray, centre: FloatArray, radius: float) -> FloatArray:
    """Return (3, 4): world to map column px, map row px, metres towards the light."""
    side = np.cross([0.0, 0.0, 1.0] if abs(direction[2]) < 0.9 else [1.0, 0.0, 0.0], direction)
    side /= np.linalg.norm(side)
    scale = MAP_SIZE / (2 * radius)
    rows = np.stack([scale * side, scale * np.cross(direction, side), direction])
    shift = np.array([MAP_SIZE / 2, MAP_SIZE / 2, 0.0]) - rows @ centre
    return np.concatenate([rows, shift[:, None]], axis=1)
