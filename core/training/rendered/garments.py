"""Clothes, shoes and hair as shells about the skin: where each covers the body, how far it stands off, how it wrinkles.

A shell takes the skin's triangles where its field is positive, smoothed so that toes and folds vanish and moved
outwards. The field is in metres, so a hem is where it crosses zero, between the vertices.
"""

from dataclasses import dataclass

import numpy as np

from ...skeleton import JOINT_NAMES
from .arrays import BoolArray, FloatArray, IntArray
from .bodies import Body
from .materials import Material
from .meshes import Mesh, neighbour_mean, normals_of, part_of

HEM_MARGIN_M = 0.03
"""Triangles this far beyond the hem are kept, so that the hem runs through them."""

SURELY_HIDDEN_M = 0.02
WRINKLE_COUNT = 12


@dataclass(frozen=True)
class Cut:
    """Where a garment ends and how loose it is.

    low, high: heights as shares from floor (0) to the top of the head (1) of the T-pose.
    sleeve: share of the arm from shoulder (0) to wrist (1). offset_m: from the skin. looser_m: added at its ends.
    wrinkles_m: height of the folds. smoothing: steps. is_open: whether the front stands open.
    """

    low: float
    high: float
    offset_m: float
    sleeve: float = -1.0
    looser_m: float = 0.0
    wrinkles_m: float = 0.002
    smoothing: int = 3
    is_open: bool = False


def shell(
    body: Body, field: FloatArray, offset: FloatArray, smoothing: int, material: Material, closeness: float = 0.6
) -> Mesh:
    """Return the shell over the vertices where `field` (V,) is positive, `offset` (V,) metres off the skin.

    Args:
        closeness: smoothing may take the shell no nearer to the skin than this share of the offset; negative: into it.
    """
    chosen = (field[body.faces] > -HEM_MARGIN_M).all(axis=1) & (field[body.faces] > 0).any(axis=1) & ~body.is_eye
    used, faces = part_of(body.faces, chosen)
    skin, normals = body.vertices[used], normals_of(body.vertices, body.faces)[used]
    mean = neighbour_mean(faces, len(used))
    smooth, direction = skin.copy(), normals.copy()
    for _ in range(smoothing):
        smooth, direction = mean @ smooth, mean @ direction
    direction /= np.linalg.norm(direction, axis=1, keepdims=True) + 1e-9
    rest = smooth + offset[used, None] * direction
    # Smoothing shrinks what is thin; nowhere may the shell dive below the skin.
    for _ in range(2):
        missing = np.clip(closeness * offset[used] - ((rest - skin) * normals).sum(axis=1), 0, None)
        rest = rest + (mean @ missing)[:, None] * normals + 0.5 * missing[:, None] * normals
    return Mesh(rest, body.weights[used], field[used], faces, np.zeros(len(faces), np.int64), (material,))


def hidden_by(body: Body, field: FloatArray) -> BoolArray:
    """Return which triangles (F,) of the skin lie well inside a closed garment."""
    return np.asarray((field[body.faces] > SURELY_HIDDEN_M).all(axis=1))


def cloth_field(body: Body, cut: Cut) -> FloatArray:
    """Return how far (V,) each vertex lies inside a garment's cut, metres."""
    x, y, z = body.vertices.T
    sole, top = y.min(), y.max()
    field = np.minimum(y - sole - cut.low * (top - sole), sole + cut.high * (top - sole) - y)
    if cut.sleeve >= 0:
        shoulder, wrist = body.joint("left_shoulder")[0], body.joint("left_wrist")[0]
        field = y - sole - cut.low * (top - sole)
        field = np.minimum(field, shoulder + cut.sleeve * (wrist - shoulder) - np.abs(x))
        neck = body.joint("neck")
        # The collar dips in front and climbs at the nape.
        field = np.minimum(field, neck[1] + 0.012 - y - 0.55 * (z - neck[2]))
    if cut.is_open:
        field = np.minimum(field, np.where(z > 0.0, np.abs(x) - 0.05, 1.0))
    result: FloatArray = field
    return result


def cloth(body: Body, cut: Cut, material: Material, random: np.random.Generator) -> tuple[Mesh, FloatArray]:
    """Return a garment and its field (V,) over the skin."""
    field = cloth_field(body, cut)
    y = body.vertices[:, 1]
    lowest = y.min() + cut.low * np.ptp(y)
    # Trousers widen towards the ankle and lie close at the waist, shirts widen downwards over them.
    loose = np.clip(1 - (y - lowest) / 0.5, 0, 1) ** 2
    folds = np.clip((body.joint("pelvis")[1] - y) / 0.1, 0, 1) if cut.sleeve < 0 else 1.0
    offset = (
        cut.offset_m * (0.5 + 0.5 * folds)
        + cut.looser_m * loose
        + folds * cut.wrinkles_m * _wrinkles(body.vertices, random)
    )
    return shell(body, field, np.maximum(offset, 0.003), cut.smoothing, material), field


def shoes(body: Body, material: Material, height_m: float, sole_m: float) -> tuple[Mesh, FloatArray]:
    """Return both shoes, as high above the ankle as told, and their field (V,)."""
    field = body.joint("left_ankle")[1] + height_m - body.vertices[:, 1]
    offset = np.full(len(field), sole_m)
    return shell(body, field, offset, 16, material, closeness=-0.3), field


def hair(body: Body, material: Material, length: float, volume_m: float, random: np.random.Generator) -> Mesh:
    """Return hair; length 0 ends at the nape, 1 below the shoulders."""
    x, y, z = body.vertices.T
    landmarks = body.rest_landmarks()
    eye, ear, mouth = landmarks[2], landmarks[7], landmarks[9]
    top = y.max()
    hairline = eye[1] + 0.44 * (top - eye[1])
    low = mouth[1] - 0.01 - length * 0.26
    slope = 0.55 * (1 - length) + 0.1
    behind = ear[2] + 0.012 - slope * (hairline - y) - z
    head = body.weights[:, [JOINT_NAMES.index(name) for name in ("head", "neck", "spine3")]].sum(axis=1)
    field = np.maximum(y - hairline - 0.25 * np.abs(x), np.minimum(behind, y - low))
    field = np.minimum(field, 0.115 - np.abs(x))
    field = np.where(head > 0.5, field, -1.0)
    offset = volume_m * (0.55 + 0.45 * np.clip((y - eye[1]) / (top - eye[1]), 0, 1) + 0.6 * length * (y < mouth[1]))
    offset = offset + 0.1 * volume_m * _wrinkles(body.vertices, random)
    return shell(body, field, offset, 5 + round(4 * length), material)


def skirt(body: Body, hem: float, flare: float, material: Material) -> Mesh:
    """Return a skirt from the waist to the height `hem` (share of the body's height), `flare` metres wider there."""
    y = body.vertices[:, 1]
    sole, top = y.min(), y.max()
    waist = body.joint("spine1")[1] - 0.01
    rings, columns = 24, 72
    heights = np.linspace(waist, sole + hem * (top - sole), rings)
    angles = np.arange(columns) / columns * 2 * np.pi
    trunk = body.weights[:, [JOINT_NAMES.index(n) for n in ("pelvis", "spine1", "left_hip", "right_hip")]].sum(axis=1)
    rest = np.empty((rings, columns, 3))
    widest = np.zeros(2)
    for ring, height in enumerate(heights):
        near = body.vertices[(np.abs(y - height) < 0.02) & (trunk > 0.5)]
        if len(near) > 8:
            half = np.ptp(near[:, [0, 2]], axis=0) / 2 + 0.014
            widest = np.maximum(widest, half) if height < body.joint("pelvis")[1] + 0.02 else half
            middle = near[:, 2].min() + half[1] - 0.014
        share = ring / (rings - 1)
        folds = 1 + 0.05 * share * np.sin(9 * angles)
        half_now = (widest if widest.any() else half) + flare * share
        rest[ring] = np.stack(
            [
                half_now[0] * folds * np.sin(angles),
                np.full(columns, height),
                middle + half_now[1] * folds * np.cos(angles),
            ],
            axis=1,
        )
    return Mesh(
        rest.reshape(-1, 3),
        _skirt_weights(body, rest.reshape(-1, 3)),
        np.ones(rings * columns),
        _grid_faces(rings, columns),
        np.zeros(2 * (rings - 1) * columns, np.int64),
        (material,),
    )


def _skirt_weights(body: Body, rest: FloatArray) -> FloatArray:
    """Return weights (V, 24): the pelvis at the waist, each thigh on its own side below."""
    down = np.clip((body.joint("pelvis")[1] - rest[:, 1]) / 0.35, 0, 1)
    left = np.clip(0.5 + rest[:, 0] / 0.16, 0, 1)
    weights = np.zeros((len(rest), len(JOINT_NAMES)))
    weights[:, JOINT_NAMES.index("pelvis")] = 1 - 0.9 * down
    weights[:, JOINT_NAMES.index("left_hip")] = 0.9 * down * left
    weights[:, JOINT_NAMES.index("right_hip")] = 0.9 * down * (1 - left)
    return weights


def _grid_faces(rings: int, columns: int) -> IntArray:
    ring, column = np.meshgrid(np.arange(rings - 1), np.arange(columns), indexing="ij")
    a = (ring * columns + column).ravel()
    b = (ring * columns + (column + 1) % columns).ravel()
    return np.concatenate([np.stack([a, a + columns, b], 1), np.stack([b, a + columns, b + columns], 1)])


def _wrinkles(points: FloatArray, random: np.random.Generator) -> FloatArray:
    """Return smooth folds (V,) of about unit height."""
    total = np.zeros(len(points))
    for _ in range(WRINKLE_COUNT):
        direction = random.normal(size=3) * [1.0, 0.6, 1.0] * 2 * np.pi / random.uniform(0.05, 0.16)
        total += np.sin(points @ direction + random.uniform(0, 2 * np.pi))
    result: FloatArray = total / np.sqrt(WRINKLE_COUNT / 2)
    return result
