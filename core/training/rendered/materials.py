"""What surfaces are made of: colours and procedural patterns, as rows of a table that the kernels read."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .arrays import FloatArray

Colour = tuple[float, float, float]

PATTERNS: Final = (
    "plain", "stripes", "checks", "patches", "dots", "skin", "eye", "hair", "planks", "tiles", "grain", "bricks",
)  # fmt: skip
"""The kinds of pattern; a kernel knows each by its place in this list."""

PATTERN_COLUMN: Final = 0
FIRST_COLOUR: Final = 1
SECOND_COLOUR: Final = 4
SIZE: Final = 7
BUMP: Final = 8
GLOSS: Final = 9
AXIS: Final = 10
FACE: Final = 11
COLUMN_COUNT: Final = 19


@dataclass(frozen=True)
class FaceMarks:
    """Where the face's parts lie on the T-posed head, metres; left and right alike.

    eye: (3,) the pupil of the left eye. brow_height: of the brows above it. mouth: (3,) the left corner.
    nose_z: depth of the nose's tip; what lies far behind is no face.
    """

    eye: Colour
    brow_height: float
    mouth: Colour
    nose_z: float


@dataclass(frozen=True)
class Material:
    """A surface's look.

    pattern: one of PATTERNS. first, second: linear colours. size_m: the pattern's period.
    bump: how strongly wrinkles tilt the normal. gloss: 0 matt to 1 shiny. axis: 0 x, 1 y, 2 z, the way stripes stack.
    face: only for skin and eyes.
    """

    pattern: str
    first: Colour
    second: Colour = (0.0, 0.0, 0.0)
    size_m: float = 0.05
    bump: float = 0.0
    gloss: float = 0.0
    axis: int = 1
    face: FaceMarks | None = None

    def row(self) -> FloatArray:
        """Return the numbers (COLUMN_COUNT,) for the kernels."""
        row = np.zeros(COLUMN_COUNT)
        row[PATTERN_COLUMN] = PATTERNS.index(self.pattern)
        row[FIRST_COLOUR : FIRST_COLOUR + 3] = self.first
        row[SECOND_COLOUR : SECOND_COLOUR + 3] = self.second
        row[[SIZE, BUMP, GLOSS, AXIS]] = self.size_m, self.bump, self.gloss, self.axis
        if self.face is not None:
            row[FACE:] = [*self.face.eye, self.face.brow_height, *self.face.mouth, self.face.nose_z]
        return row


def material_table(materials: list[Material]) -> FloatArray:
    """Return the rows (M, COLUMN_COUNT) of materials."""
    return np.stack([material.row() for material in materials])
