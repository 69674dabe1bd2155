"""BlazePose's detector and NanoDet side by side: what each misses, the other finds. Used by the tracker."""

from typing import Final

import numpy as np

from .blazepose_detector import BlazePoseDetector, PersonBox
from .crops import Image, Region
from .nanodet_detector import NanoDetDetector

SAME_PLACE_SHARE: Final = 0.25
SAME_SIZE_RATIO: Final = 1.7
"""Two regions of one person: centres this near, in shares of the smaller one's side, and sides within this ratio."""

MOST_ADDED: Final = 3
"""Of NanoDet's finds alone at once, the largest: following a crowd in the background would take all the time."""


class CombinedDetector:
    """Finds people with BlazePose's detector, and with NanoDet those whom it has missed.

    Note: BlazePose knows people who are near, cut off or lie; NanoDet those who are far away or behind others. NanoDet
    does not tell how somebody is turned, so where both see a person, BlazePose's find is kept.

    Args:
        wants_everyone: else NanoDet is asked only where BlazePose finds nobody, and then for the largest person alone:
            enough for the main person, without the time that bystanders take.
    """

    def __init__(self, blazepose: BlazePoseDetector, nanodet: NanoDetDetector, *, wants_everyone: bool = True) -> None:
        self._blazepose, self._nanodet, self._wants_everyone = blazepose, nanodet, wants_everyone

    def detect(self, image_rgb: Image) -> list[PersonBox]:
        """Return the people of one image (H, W, 3): BlazePose's, best score first, then the largest of NanoDet."""
        found = self._blazepose.detect(image_rgb)
        if found and not self._wants_everyone:
            return found
        added = sorted(_unmatched(self._nanodet.detect(image_rgb), found), key=lambda box: -box.region.size_px)
        return [*found, *added[: MOST_ADDED if self._wants_everyone else 1]]


def _unmatched(boxes: list[PersonBox], found: list[PersonBox]) -> list[PersonBox]:
    """Return the boxes without the one nearest to each find, where that is the same person."""
    left = list(boxes)
    for person in found:
        same = [box for box in left if _is_same_place(box.region, person.region)]
        if same:
            nearest = min(same, key=lambda box: _distance_px(box.region, person.region))
            left = [box for box in left if box is not nearest]
    return left


def _is_same_place(first: Region, second: Region) -> bool:
    smaller, larger = sorted((first.size_px, second.size_px))
    return _distance_px(first, second) < SAME_PLACE_SHARE * smaller and larger < SAME_SIZE_RATIO * smaller


def _distance_px(first: Region, second: Region) -> float:
    return float(np.linalg.norm(first.center_px - second.center_px))
