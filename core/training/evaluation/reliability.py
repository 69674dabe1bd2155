"""Whether a confidence means what it says: how often the joints of each confidence really were near the truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrics import MM_PER_M
from .plots import draw_curves
from .table import Table

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ReliabilityBin:
    """The joints whose confidence lies in one tenth.

    Attributes:
        confidence: mean.
        near_share: of them within the distance that the confidence speaks of.
        error_mm: mean.
    """

    confidence: float
    near_share: float
    error_mm: float
    count: int


def reliability_bins(
    confidence: FloatArray, error_m: FloatArray, near_m: float, bin_count: int = 10
) -> list[ReliabilityBin]:
    """Return the bins that hold joints, by rising confidence; both arrays have one shape, any."""
    place = np.minimum((confidence.ravel() * bin_count).astype(int), bin_count - 1)
    bins = []
    for number in np.unique(place):
        members = place == number
        errors = error_m.ravel()[members]
        bins.append(
            ReliabilityBin(
                float(confidence.ravel()[members].mean()),
                float((errors < near_m).mean()),
                float(errors.mean() * MM_PER_M),
                int(members.sum()),
            )
        )
    return bins


def calibration_error(bins: list[ReliabilityBin]) -> float:
    """Return the mean distance between confidence and share, each bin weighing by its joints."""
    counts = np.array([row.count for row in bins])
    return float(np.average([abs(row.confidence - row.near_share) for row in bins], weights=counts))


def reliability_table(bins: list[ReliabilityBin], near_m: float) -> Table:
    """Return the bins as a table."""
    rows = tuple((f"{row.confidence:.2f}", (100 * row.near_share, row.error_mm, row.count)) for row in bins)
    notes = (f"Mean distance from the diagonal: {100 * calibration_error(bins):.1f} per cent.",)
    return Table("Confidence", (f"within {near_m * MM_PER_M:.0f} mm [%]", "mean error [mm]", "joints"), rows, notes)


def draw_reliability(bins: dict[str, list[ReliabilityBin]], path: Path) -> None:
    """Draw expected against actual shares, one line for each name; EngineError where matplotlib is missing."""
    curves = {name: [(row.confidence, row.near_share) for row in rows] for name, rows in bins.items()}
    draw_curves({"as it should be": [(0.0, 0.0), (1.0, 1.0)], **curves}, path, "confidence", "share that was near")
