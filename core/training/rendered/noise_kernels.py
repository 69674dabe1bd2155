"""Smooth procedural noise, compiled."""

import math

from .development_packages import compiled


@compiled
def lattice_value(x: int, y: int, z: int) -> float:
    """Return a random number in 0..1 for a lattice point."""
    value = (x * 374761393 + y * 668265263 + z * 2147483647) & 0xFFFFFFFF
    value = ((value ^ (value >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((value ^ (value >> 16)) & 0xFFFF) / 65535.0


@compiled
def mix(first: float, second: float, share: float) -> float:
    """Return the value between two."""
    return first + share * (second - first)


@compiled
def noise(x: float, y: float, z: float) -> float:
    """Return smooth value noise in 0..1 with features of unit size."""
    i, j, k = int(math.floor(x)), int(math.floor(y)), int(math.floor(z))  # noqa: RUF046 (numba's floor is a float)
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    low = mix(
        mix(lattice_value(i, j, k), lattice_value(i + 1, j, k), u),
        mix(lattice_value(i, j + 1, k), lattice_value(i + 1, j + 1, k), u),
        v,
    )
    high = mix(
        mix(lattice_value(i, j, k + 1), lattice_value(i + 1, j, k + 1), u),
        mix(lattice_value(i, j + 1, k + 1), lattice_value(i + 1, j + 1, k + 1), u),
        v,
    )
    return mix(low, high, w)


@compiled
def clouds(x: float, y: float, z: float) -> float:
    """Return three octaves of noise, in 0..1."""
    fine = 0.15 * noise(4.3 * x, 4.3 * y + 3, 4.3 * z)
    return 0.55 * noise(x, y, z) + 0.3 * noise(2.1 * x + 7, 2.1 * y, 2.1 * z) + fine
