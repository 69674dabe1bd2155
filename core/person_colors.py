"""The colour of each person, the same wherever people are shown."""

from typing import Final

COLORS_RGB: Final = (
    *((120, 190, 255), (255, 170, 110), (140, 230, 150), (230, 150, 230)),
    *((245, 235, 70), (60, 200, 190), (255, 110, 130), (150, 105, 240)),
)


def person_color(rank: int) -> tuple[int, int, int]:
    """Return red, green, blue, 0 to 255, of the person of a rank from 1; the ninth has the first one's again."""
    return COLORS_RGB[(rank - 1) % len(COLORS_RGB)]
