"""Procedural patterns of cloth, hair, floors, skin and eyes at points of the rest pose, compiled.

Each pattern returns how much of a material's second colour shows, in 0..1; coordinates are in periods of the pattern.
"""

import math

from .development_packages import compiled
from .kernel_types import Array, Triple
from .materials import AXIS, FACE, FIRST_COLOUR, PATTERN_COLUMN, SECOND_COLOUR, SIZE
from .noise_kernels import clouds, lattice_value, mix, noise

IRIS_M = 0.0062
PUPIL_M = 0.0026


@compiled
def part(value: float) -> float:
    """Return what a number exceeds its floor by."""
    return value - math.floor(value)


@compiled
def whole(value: float) -> int:
    """Return a number's floor."""
    return int(math.floor(value))  # noqa: RUF046 (numba's floor is a float)


@compiled
def checks(u: float, v: float, w: float) -> float:
    """Return two crossing rows of stripes."""
    return (0.5 if part(u + 0.3 * w) < 0.5 else 0.0) + (0.5 if part(v) < 0.5 else 0.0)


@compiled
def dots(u: float, v: float) -> float:
    """Return round dots."""
    return 1.0 if (part(u) - 0.5) ** 2 + (part(v) - 0.5) ** 2 < 0.06 else 0.0


@compiled
def planks(u: float, w: float) -> float:
    """Return floor boards along the third axis, each of its own tone, with dark seams."""
    board = whole(u)
    along = w / 9 + 0.37 * board
    if part(u) < 0.03 or part(along) < 0.006:
        return 1.0
    return 0.3 * lattice_value(board, whole(along), 5) + 0.3 * noise(7 * u, 0.0, 0.7 * w)


@compiled
def tiles(u: float, w: float) -> float:
    """Return square tiles with seams."""
    if min(part(u), part(w)) < 0.03:
        return 1.0
    return 0.35 * lattice_value(whole(u), whole(w), 3) + 0.25 * clouds(3 * u, 0.0, 3 * w)


@compiled
def bricks(u: float, v: float, w: float) -> float:
    """Return courses of bricks on an upright wall."""
    course = whole(v)
    along = (u + w) / 2.2 + 0.5 * (course % 2)
    if part(v) < 0.1 or part(along) < 0.05:
        return 1.0
    return 0.4 * lattice_value(whole(along), course, 1)


@compiled
def grain(u: float, v: float, w: float) -> float:
    """Return coarse, fine and wide noise in one: asphalt, earth, wool."""
    wide = 0.2 * noise(0.2 * u, 0.2 * v, 0.2 * w)
    return 0.5 * noise(u, v, w) + 0.3 * noise(5 * u, 5 * v, 5 * w) + wide


@compiled
def second_share(row: Array, x: float, y: float, z: float) -> float:
    """Return how much of the second colour a material's row shows at a point, in 0..1."""
    kind, size, share = int(row[PATTERN_COLUMN]), row[SIZE], 0.0
    u, v, w = x / size, y / size, z / size
    if kind == 1:
        share = 1.0 if part(u if row[AXIS] == 0 else v) < 0.4 else 0.0
    elif kind == 2:
        share = checks(u, v, w)
    elif kind == 3:
        share = min(max((clouds(u, v, w) - 0.5) * 14 + 0.5, 0.0), 1.0)
    elif kind == 4:
        share = dots(u, v)
    elif kind == 7:  # strands of hair that run downwards
        share = 0.7 * noise(9 * u, 0.8 * v, 9 * w) + 0.3 * noise(u, v, w)
    elif kind == 8:
        share = planks(u, w)
    elif kind == 9:
        share = tiles(u, w)
    elif kind == 10:
        share = grain(u, v, w)
    elif kind == 11:
        share = bricks(u, v, w)
    return share


@compiled
def face_shares(row: Array, x: float, y: float, z: float) -> Triple:
    """Return how much brow, lip and blush the skin shows at a point of the T-pose, each in 0..1."""
    eye_x, eye_y, eye_z, mouth_x, mouth_y = row[FACE], row[FACE + 1], row[FACE + 2], row[FACE + 4], row[FACE + 5]
    if z < eye_z - 0.035 or y < mouth_y - 0.05:
        return 0.0, 0.0, 0.0
    across = abs(x) - eye_x
    arch = eye_y + row[FACE + 3] + 0.002 - 9.0 * (across - 0.003) ** 2
    brow = 1 - (across / 0.022) ** 4 - ((y - arch) / 0.0045) ** 2
    lips = 1 - (x / (mouth_x * 1.05)) ** 2 - ((y - mouth_y - 0.001) / 0.0095) ** 2
    cheek = 1 - ((across - 0.35 * eye_x) / 0.02) ** 2 - ((y - 0.5 * (eye_y + mouth_y)) / 0.02) ** 2
    tip = 1 - (x / 0.014) ** 2 - ((z - row[FACE + 7]) / 0.014) ** 2 - 3.0 * max(0.0, y - eye_y)
    return min(max(2.5 * brow, 0.0), 1.0), min(max(3.0 * lips, 0.0), 1.0), max(cheek, tip, 0.0)


@compiled
def skin_colour(row: Array, x: float, y: float, z: float) -> Triple:
    """Return the albedo of skin with brows, lips and some red on cheeks and nose."""
    brow, lips, blush = face_shares(row, x, y, z)
    tone = 0.9 + 0.2 * clouds(60 * x, 60 * y, 60 * z)
    tone *= 1 - 0.6 * lips * max(0.0, 1 - ((y - row[FACE + 5] - 0.001) / 0.0018) ** 2)
    red = row[FIRST_COLOUR] * tone * (1 + 0.12 * blush) * (1 + 0.02 * lips)
    green = row[FIRST_COLOUR + 1] * tone * (1 - 0.1 * blush) * (1 - 0.42 * lips)
    blue = row[FIRST_COLOUR + 2] * tone * (1 - 0.1 * blush) * (1 - 0.35 * lips)
    hair = 0.85 * brow
    return (
        mix(red, row[SECOND_COLOUR], hair),
        mix(green, row[SECOND_COLOUR + 1], hair),
        mix(blue, row[SECOND_COLOUR + 2], hair),
    )


@compiled
def eye_colour(row: Array, x: float, y: float) -> Triple:
    """Return the albedo of an eyeball: white, iris, pupil."""
    distance = math.sqrt((abs(x) - row[FACE]) ** 2 + (y - row[FACE + 1]) ** 2)
    if distance < PUPIL_M:
        return 0.01, 0.01, 0.01
    first = SECOND_COLOUR if distance < IRIS_M else FIRST_COLOUR
    return row[first], row[first + 1], row[first + 2]


@compiled
def surface_colour(row: Array, x: float, y: float, z: float) -> Triple:
    """Return the albedo of a material's row at a point of the rest pose, metres."""
    kind = int(row[PATTERN_COLUMN])
    if kind == 5:
        return skin_colour(row, x, y, z)
    if kind == 6:
        return eye_colour(row, x, y)
    share = second_share(row, x, y, z)
    return (
        mix(row[FIRST_COLOUR], row[SECOND_COLOUR], share),
        mix(row[FIRST_COLOUR + 1], row[SECOND_COLOUR + 1], share),
        mix(row[FIRST_COLOUR + 2], row[SECOND_COLOUR + 2], share),
    )
