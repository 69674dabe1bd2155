"""Dresses people: skin, hair, clothes and shoes drawn from a seed, put together into one skinned mesh."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .arrays import BoolArray, FloatArray
from .bodies import Body
from .garments import Cut, cloth, hair, hidden_by, shoes, skirt
from .materials import Colour, FaceMarks, Material
from .meshes import Mesh, join_meshes, one_material, without_faces

SKIN_TONES: Final[tuple[Colour, ...]] = (
    (0.62, 0.42, 0.33), (0.55, 0.35, 0.25), (0.48, 0.29, 0.19), (0.36, 0.20, 0.12), (0.22, 0.115, 0.065),
    (0.12, 0.06, 0.036), (0.66, 0.46, 0.38),
)  # fmt: skip
"""Linear albedo, from published photographs' averages, rounded."""

HAIR_COLOURS: Final[tuple[Colour, ...]] = (
    (0.012, 0.010, 0.009), (0.035, 0.02, 0.012), (0.09, 0.045, 0.02), (0.30, 0.19, 0.08), (0.35, 0.34, 0.33),
    (0.16, 0.05, 0.02),
)  # fmt: skip
IRIS_COLOURS: Final[tuple[Colour, ...]] = ((0.05, 0.025, 0.012), (0.08, 0.14, 0.22), (0.07, 0.10, 0.05))
CLOTH_PATTERNS: Final = ("plain", "plain", "plain", "stripes", "checks", "patches", "dots", "grain")
TOPS: Final = ("t-shirt", "shirt", "jacket", "sweater", "vest")
BOTTOMS: Final = ("trousers", "wide trousers", "shorts", "skirt")


@dataclass(frozen=True)
class Outfit:
    """What somebody wears: one of TOPS, one of BOTTOMS, and whether there is hair; colours come from the seed."""

    top: str
    bottom: str
    hair_length: float = 0.0
    is_bald: bool = False


@dataclass(frozen=True)
class DressedBody:
    """mesh: everything, skinned. sole_m: how far the shoes' soles lie below the skin's."""

    mesh: Mesh
    sole_m: float


def dress(body: Body, outfit: Outfit, seed: int) -> DressedBody:
    """Return the body with skin, face, hair and clothes."""
    random = np.random.default_rng(seed)
    hair_colour = _pick(random, HAIR_COLOURS)
    parts: list[Mesh] = []
    hidden = np.zeros(len(body.faces), bool)
    for mesh, covered in (*_bottom(body, outfit, random), *_top(body, outfit, random)):
        parts.append(mesh)
        hidden |= covered
    sole_m = float(random.uniform(0.008, 0.014))
    shoe, field = shoes(body, _leather(random), float(random.choice([0.0, 0.02, 0.07])), sole_m)
    parts.append(shoe)
    hidden |= hidden_by(body, field)
    if not outfit.is_bald:
        second = tuple(min(1.0, 2.2 * value + 0.01) for value in hair_colour)
        strands = Material("hair", hair_colour, (second[0], second[1], second[2]), 0.03, 0.9, 0.5)
        parts.append(hair(body, strands, outfit.hair_length, float(random.uniform(0.014, 0.03)), random))
    skin = without_faces(_skin(body, _pick(random, SKIN_TONES), hair_colour, _pick(random, IRIS_COLOURS)), hidden)
    return DressedBody(join_meshes([skin, *parts]), sole_m)


def _skin(body: Body, tone: Colour, hair_colour: Colour, iris: Colour) -> Mesh:
    landmarks = body.rest_landmarks()
    eye, mouth = landmarks[2], landmarks[9]
    eyeball = body.vertices[np.unique(body.faces[body.is_eye])]
    pupil = eyeball[eyeball[:, 0] > 0].mean(axis=0)
    marks = FaceMarks(
        eye=(float(pupil[0]), float(pupil[1]), float(eye[2])),
        brow_height=0.021,
        mouth=(float(mouth[0]), float(mouth[1]), float(mouth[2])),
        nose_z=float(landmarks[0, 2]),
    )
    mesh = one_material(
        body.vertices, body.weights, body.faces, Material("skin", tone, hair_colour, 0.05, 0.15, 0.25, face=marks)
    )
    eyes = Material("eye", (0.72, 0.70, 0.68), iris, gloss=0.8, face=marks)
    return Mesh(mesh.rest, mesh.weights, mesh.cover, mesh.faces, body.is_eye.astype(np.int64), (*mesh.materials, eyes))


def _bottom(body: Body, outfit: Outfit, random: np.random.Generator) -> list[tuple[Mesh, BoolArray]]:
    material = _fabric(random)
    if outfit.bottom == "skirt":
        below = skirt(body, float(random.uniform(0.26, 0.36)), float(random.uniform(0.0, 0.06)), material)
        return [(below, np.zeros(len(body.faces), bool))]
    cuts = {
        "trousers": Cut(0.045, 0.61, 0.009, looser_m=0.010),
        "wide trousers": Cut(0.03, 0.61, 0.014, looser_m=0.030, wrinkles_m=0.004, smoothing=5),
        "shorts": Cut(0.30, 0.61, 0.013, looser_m=0.022, wrinkles_m=0.003, smoothing=4),
    }
    mesh, field = cloth(body, cuts[outfit.bottom], material, random)
    return [(mesh, hidden_by(body, field))]


def _top(body: Body, outfit: Outfit, random: np.random.Generator) -> list[tuple[Mesh, BoolArray]]:
    cuts = {
        "t-shirt": Cut(0.53, 1.0, 0.016, 0.38, 0.010, 0.003, 4),
        "shirt": Cut(0.52, 1.0, 0.017, 0.95, 0.010, 0.004, 5),
        "sweater": Cut(0.51, 1.0, 0.026, 0.97, 0.006, 0.004, 7),
        "vest": Cut(0.54, 1.0, 0.014, 0.02, 0.004, 0.002, 3),
    }
    if outfit.top != "jacket":
        mesh, field = cloth(body, cuts[outfit.top], _fabric(random), random)
        return [(mesh, hidden_by(body, field))]
    inner, field = cloth(body, cuts["t-shirt"], _fabric(random), random)
    outer, _ = cloth(body, Cut(0.47, 1.0, 0.036, 0.98, 0.006, 0.005, 7, is_open=True), _fabric(random), random)
    return [(inner, hidden_by(body, field)), (outer, np.zeros(len(body.faces), bool))]


def _fabric(random: np.random.Generator) -> Material:
    first, second = _cloth_colour(random), _cloth_colour(random)
    return Material(
        pattern=str(random.choice(CLOTH_PATTERNS)),
        first=first,
        second=second,
        size_m=float(random.uniform(0.03, 0.11)),
        bump=float(random.uniform(0.3, 0.9)),
        gloss=float(random.choice([0.0, 0.0, 0.3])),
        axis=int(random.choice([0, 1, 1])),
    )


def _leather(random: np.random.Generator) -> Material:
    return Material("plain", _cloth_colour(random), bump=0.1, gloss=0.5)


def _cloth_colour(random: np.random.Generator) -> Colour:
    """Return a linear colour: dark ones and greys are as common as bright ones."""
    value = random.uniform(0.02, 0.75) ** 1.5
    tint: FloatArray = random.dirichlet((1.5, 1.5, 1.5)) * 3
    mixed = value * (random.uniform(0, 1) * (tint - 1) + 1)
    red, green, blue = np.clip(mixed, 0.012, 0.8)
    return float(red), float(green), float(blue)


def _pick(random: np.random.Generator, table: tuple[Colour, ...]) -> Colour:
    return table[int(random.integers(len(table)))]
