"""Compiled kernels of light: soft light of a normal, the panorama's colour, what is shaded, what gleams."""

import math

import numpy as np

from .development_packages import compiled
from .kernel_types import Array, LightMaps, Picture, Triple
from .noise_kernels import lattice_value

SKY_BIAS_M = 0.03
SUN_BIAS_M = 0.012
SKY_DARKNESS = 0.75
"""How dark it gets where nothing of the sky is seen."""


def _spiral(count: int) -> Array:
    """Return points (N, 2) spread evenly over the unit disc."""
    index = np.arange(count)
    radius, angle = np.sqrt((index + 0.5) / count), 2.399963 * index
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


SKY_TAPS = _spiral(10)
SUN_TAPS = _spiral(6)


@compiled
def soft_light(harmonics: Array, x: float, y: float, z: float, channel: int) -> float:
    """Return irradiance / pi at a unit normal for one colour channel."""
    h = harmonics[:, channel]
    value = 0.282095 * h[0] + 0.488603 * (y * h[1] + z * h[2] + x * h[3])
    value += 1.092548 * (x * y * h[4] + y * z * h[5] + x * z * h[7])
    value += 0.315392 * (3 * z * z - 1) * h[6] + 0.546274 * (x * x - y * y) * h[8]
    return float(max(value, 0.02 * h[0]))


@compiled
def panorama_colour(panorama: Picture, x: float, y: float, z: float, channel: int) -> float:
    """Return the panorama's linear value in a unit direction, between its pixels."""
    height, width = panorama.shape[0], panorama.shape[1]
    column = (math.atan2(x, z) / (2 * math.pi) + 0.5) * width - 0.5
    row = min(max(math.acos(min(max(y, -1.0), 1.0)) / math.pi * height - 0.5, 0.0), height - 1.001)
    left, top = int(math.floor(column)), int(row)  # noqa: RUF046 (numba's floor is a float)
    a, b = column - left, row - top
    first, second = left % width, (left + 1) % width
    upper = panorama[top, first, channel] * (1 - a) + panorama[top, second, channel] * a
    lower = panorama[top + 1, first, channel] * (1 - a) + panorama[top + 1, second, channel] * a
    return float(upper * (1 - b) + lower * b)


@compiled
def shaded_share(heights: Array, frame: Array, point: Triple, radius_px: float, bias_m: float, taps: Array) -> float:
    """Return the share in 0..1 of a light map's taps about a world point that lie nearer to the light.

    Args:
        heights: (N, N) of `rasterise_heights`. frame: (3, 4) world to column px, row px, height.
        taps: (K, 2) on the unit disc. They are turned by an angle of the point's own, so that few of them do.
    """
    x, y, z = point
    column = frame[0, 0] * x + frame[0, 1] * y + frame[0, 2] * z + frame[0, 3]
    row = frame[1, 0] * x + frame[1, 1] * y + frame[1, 2] * z + frame[1, 3]
    height = frame[2, 0] * x + frame[2, 1] * y + frame[2, 2] * z + frame[2, 3] + bias_m
    size, hits = len(heights), 0
    if min(column, row) < -radius_px or max(column, row) > size + radius_px:
        return 0.0
    spin = 6.2832 * lattice_value(int(8 * column), int(8 * row), 11)
    cosine, sine = radius_px * math.cos(spin), radius_px * math.sin(spin)
    for tap in range(len(taps)):
        i = int(row + sine * taps[tap, 0] + cosine * taps[tap, 1])
        j = int(column + cosine * taps[tap, 0] - sine * taps[tap, 1])
        if min(i, j) >= 0 and max(i, j) < size and heights[i, j] > height:
            hits += 1
    return hits / len(taps)


@compiled
def sky_share(maps: LightMaps, point: Triple) -> float:
    """Return how much soft light reaches a world point past what stands about it, in 0..1."""
    return 1 - SKY_DARKNESS * shaded_share(maps[3], maps[4], point, maps[5], SKY_BIAS_M, SKY_TAPS)


@compiled
def sun_share(maps: LightMaps, point: Triple) -> float:
    """Return how much of the sun reaches a world point, in 0..1."""
    return 1 - shaded_share(maps[0], maps[1], point, maps[2], SUN_BIAS_M, SUN_TAPS)


@compiled
def gleam(gloss: float, normal: Triple, view: Triple, sun_direction: Array, lit: float) -> float:
    """Return how strongly a surface mirrors: a highlight of the sun and a bright rim."""
    hx, hy, hz = sun_direction[0] - view[0], sun_direction[1] - view[1], sun_direction[2] - view[2]
    size = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
    halfway = max((normal[0] * hx + normal[1] * hy + normal[2] * hz) / size, 0.0)
    facing = normal[0] * view[0] + normal[1] * view[1] + normal[2] * view[2]
    return float(gloss * (0.35 * halfway**24 * min(lit * 4, 1.0) + 0.04 * (1 + facing) ** 4))
