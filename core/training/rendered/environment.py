"""Light and background from a panorama: its picture, its diffuse light as spherical harmonics, and its sun.

World axes are Y up. A panorama (H, W, 3) is linear, red first, equirectangular; its middle column lies in +Z.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from .arrays import FloatArray
from .development_packages import import_openexr

PANORAMA_NAMES: Final = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")
WHITE_AT: Final = 1.6
"""A white surface that faces the brightest side is exposed to this linear value."""

SUN_TIMES_MEAN: Final = 12.0
"""What is brighter than this many times the mean is the sun (or the lamps) and casts shadows."""

LARGEST_SUN_SHARE: Final = 0.65
SMALLEST_SUN_SHARE: Final = 0.12
"""The share of the light that the sun may have; a cloudy sky still has a brighter side."""


@dataclass(frozen=True)
class Environment:
    """What surrounds the scene.

    panorama: (H, W, 3) float32, exposed: 1 is white on the screen.
    harmonics: (9, 3) irradiance / pi as real spherical harmonics of the normal, the sun left out.
    sun_direction: (3,) unit vector towards it. sun: (3,) its irradiance / pi on a surface that faces it.
    ground: (3,) albedo of the panorama's own ground, as the light tells it.
    """

    panorama: NDArray[np.float32]
    harmonics: FloatArray
    sun_direction: FloatArray
    sun: FloatArray
    ground: FloatArray


def load_environment(folder: Path, name: str, yaw_rad: float, exposure: float = 1.0) -> Environment:
    """Return the environment of a panorama turned about the vertical.

    Raises:
        EngineError: OpenEXR is not installed.
        MotionDataError: the file is missing or cannot be read.
    """
    picture = read_panorama(folder / f"{name}.exr")
    picture = np.roll(picture, round(yaw_rad / (2 * np.pi) * picture.shape[1]), axis=1)
    return make_environment(picture, exposure)


def read_panorama(path: Path) -> NDArray[np.float32]:
    """Return a linear picture (H, W, 3), red first.

    Raises:
        EngineError: OpenEXR is not installed.
        MotionDataError: the file is missing or cannot be read.
    """
    openexr = import_openexr()
    try:
        with openexr.File(str(path)) as file:
            picture = np.asarray(file.channels()["RGB"].pixels, np.float32)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise MotionDataError(
            f"The panorama {path} cannot be read.", "Give the folder of Blender's world panoramas."
        ) from error
    return np.nan_to_num(picture)


def make_environment(picture: NDArray[np.float32], exposure: float = 1.0) -> Environment:
    """Split a panorama (H, W, 3) into soft light and sun, and expose it."""
    directions, areas = _directions(*picture.shape[:2])
    radiance = picture.astype(np.float64)
    luminance = radiance @ [0.2126, 0.7152, 0.0722]
    limit = SUN_TIMES_MEAN * float((luminance * areas).sum() / areas.sum())
    above = np.clip(luminance - limit, 0, None) / np.maximum(luminance, 1e-9) * (directions[..., 1] > 0.05)
    flux = (radiance * (above * areas)[..., None]).sum(axis=(0, 1)) / np.pi
    weights = above * luminance * areas
    if weights.sum() < 1e-9:
        weights = luminance**2 * areas * (directions[..., 1] > 0.2)
    sun_direction = (directions * weights[..., None]).sum(axis=(0, 1))
    sun_direction[1] = max(float(sun_direction[1]), 0.35 * float(np.linalg.norm(sun_direction)))
    sun_direction /= np.linalg.norm(sun_direction)
    harmonics = _irradiance(radiance * (1 - above)[..., None], directions, areas)
    soft = float((_basis(sun_direction) @ harmonics).mean())
    share = float(np.clip(flux.mean() / (flux.mean() + soft), SMALLEST_SUN_SHARE, LARGEST_SUN_SHARE))
    # A low sun's excess over the limit is redder than the sun with its glow.
    colour = 0.5 * harmonics[0] / harmonics[0].mean() + 0.5 * flux / max(float(flux.mean()), 1e-9)
    colour /= colour.mean()
    scale = exposure * WHITE_AT * (1 - share) / max(soft, 1e-9)
    soft_up = _basis(np.array([0.0, 1.0, 0.0])) @ harmonics * scale
    sun = colour * exposure * WHITE_AT * share
    below = (directions[..., 1] < -0.25) & (directions[..., 1] > -0.85)
    ground = np.median(radiance[below], axis=0) * scale / (soft_up + sun * sun_direction[1])
    return Environment(
        panorama=(radiance * scale).astype(np.float32),
        harmonics=harmonics * scale,
        sun_direction=sun_direction,
        sun=sun,
        ground=ground,
    )


def _directions(height: int, width: int) -> tuple[FloatArray, FloatArray]:
    """Return the direction (H, W, 3) and the solid angle (H, W) of each pixel."""
    polar = (np.arange(height) + 0.5) / height * np.pi
    azimuth = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    sine = np.sin(polar)[:, None]
    directions = np.stack(
        [sine * np.sin(azimuth), np.broadcast_to(np.cos(polar)[:, None], (height, width)), sine * np.cos(azimuth)],
        axis=-1,
    )
    areas = np.broadcast_to(sine * (np.pi / height) * (2 * np.pi / width), (height, width))
    return directions, areas


def _basis(directions: FloatArray) -> FloatArray:
    """Return the nine real spherical harmonics (..., 9) of directions (..., 3)."""
    x, y, z = np.moveaxis(directions, -1, 0)
    return np.stack(
        [
            np.full_like(x, 0.282095), 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y,
            1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
        ],
        axis=-1,
    )  # fmt: skip


def _irradiance(radiance: FloatArray, directions: FloatArray, areas: FloatArray) -> FloatArray:
    """Return the coefficients (9, 3) of irradiance / pi.

    Source: R. Ramamoorthi, P. Hanrahan, "An efficient representation for irradiance environment maps" (2001).
    """
    weighted = _basis(directions) * areas[..., None]
    coefficients = np.einsum("hwk,hwc->kc", weighted, radiance)
    bands = np.array([1.0, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25])
    result: FloatArray = coefficients * bands[:, None]
    return result
