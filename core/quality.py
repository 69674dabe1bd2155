"""What `--quality` stands for: exactness against time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .settings import BlazePoseModel, Quality, TrackingSettings


@dataclass(frozen=True)
class QualityChoices:
    """What one quality chooses.

    Attributes:
        model: the landmark network.
        is_mirror_averaged: whether it looks at each person twice (core/mirror_averaging.py).
    """

    model: BlazePoseModel
    is_mirror_averaged: bool = False


QUALITIES: Final[Mapping[Quality, QualityChoices]] = {
    "fast": QualityChoices("full"),
    "balanced": QualityChoices("heavy"),
    "best": QualityChoices("heavy", is_mirror_averaged=True),
}


def landmark_model(settings: TrackingSettings) -> BlazePoseModel:
    """Return the landmark network: the one that is named, else the quality's."""
    return settings.model or QUALITIES[settings.quality].model
