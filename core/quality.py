"""What `--quality` stands for: exactness against time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .settings import BlazePoseModel, EstimateSettings, PeopleSettings, Quality, TrackingSettings


@dataclass(frozen=True)
class QualityChoices:
    """What one quality chooses.

    Attributes:
        model: the landmark network.
        scan_model: that of `people`, which looks at every frame and needs to know only who is where.
        is_mirror_averaged: whether it looks at each person twice (core/mirror_averaging.py).
        looks_hz: it looks at each n-th frame, at least so often a second; the frames between are filled
            (core/between_looks.py). None for every frame.
    """

    model: BlazePoseModel
    scan_model: BlazePoseModel = "heavy"
    is_mirror_averaged: bool = False
    looks_hz: float | None = None


QUALITIES: Final[Mapping[Quality, QualityChoices]] = {
    "fast": QualityChoices("heavy", "full", looks_hz=7.5),
    "balanced": QualityChoices("heavy"),
    "best": QualityChoices("heavy", is_mirror_averaged=True),
}


def landmark_model(settings: TrackingSettings) -> BlazePoseModel:
    """Return the landmark network: the one that is named, else the quality's."""
    choices = QUALITIES[settings.quality]
    return settings.model or (choices.scan_model if isinstance(settings, PeopleSettings) else choices.model)


def look_every(settings: EstimateSettings, frame_rate_hz: float) -> int:
    """Return n where each n-th frame is looked at; 1 for backbones that look at the pictures themselves."""
    looks_hz = QUALITIES[settings.quality].looks_hz
    if looks_hz is None or settings.backbone != "blazepose":
        return 1
    # A rate of 29.97 stands for 30.
    return max(1, int(frame_rate_hz / looks_hz + 0.01))
