"""The focal length in pixels: the user's lens, else the file's metadata, else a usual one."""

import math
from typing import Final

from .errors import OptionError

FULL_FRAME_DIAGONAL_MM: Final = math.hypot(36.0, 24.0)
"""A 35 mm equivalent focal length has the same diagonal angle of view as on a 36 x 24 mm frame."""

DEFAULT_SHARE_OF_DIAGONAL: Final = 0.75
"""A 32 mm equivalent. Phones film at 24 to 30 mm, webcams at 24 to 28, system cameras at 35 to 50."""

SHORTEST_SHARE_OF_DIAGONAL: Final = 0.1
LONGEST_SHARE_OF_DIAGONAL: Final = 100.0


def choose_focal_length_px(
    image_size: tuple[int, int],
    focal_length_px: float | None = None,
    focal_length_35mm: float | None = None,
    metadata_35mm: float | None = None,
) -> tuple[float, str]:
    """Return the focal length in pixels and where it comes from (`user`, `metadata` or `default`).

    Args:
        image_size: (width, height) pixels.
        focal_length_px: the user's value in pixels; wins over all others.
        focal_length_35mm: the user's 35 mm equivalent, millimetres.
        metadata_35mm: the video file's 35 mm equivalent, millimetres; ignored where it is impossible.
    Raises:
        OptionError: the user's value is not a length that a lens can have for this picture.
    """
    diagonal_px = math.hypot(*image_size)
    if focal_length_px is not None and focal_length_35mm is not None:
        raise OptionError("The focal length is given twice.", "Give it in pixels or as a 35 mm equivalent, not both.")
    if focal_length_px is not None:
        return _checked(focal_length_px, diagonal_px, "pixels"), "user"
    if focal_length_35mm is not None:
        length_mm = _checked(focal_length_35mm, FULL_FRAME_DIAGONAL_MM, "mm")
        return length_mm / FULL_FRAME_DIAGONAL_MM * diagonal_px, "user"
    if metadata_35mm is not None:
        length_px = metadata_35mm / FULL_FRAME_DIAGONAL_MM * diagonal_px
        if _is_possible(length_px, diagonal_px):
            return length_px, "metadata"
    return DEFAULT_SHARE_OF_DIAGONAL * diagonal_px, "default"


def _is_possible(length: float, diagonal: float) -> bool:
    low, high = _limits(diagonal)
    return math.isfinite(length) and low <= length <= high


def _limits(diagonal: float) -> tuple[float, float]:
    return SHORTEST_SHARE_OF_DIAGONAL * diagonal, LONGEST_SHARE_OF_DIAGONAL * diagonal


def _checked(length: float, diagonal: float, unit: str) -> float:
    """Return the user's length, in the unit of the diagonal; OptionError where it is impossible."""
    if not _is_possible(length, diagonal):
        low, high = _limits(diagonal)
        raise OptionError(
            f"A focal length of {length:g} {unit} is impossible for this video.",
            f"Leave it out, or give a value between {low:.0f} and {high:.0f} {unit}.",
        )
    return length
