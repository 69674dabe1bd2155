"""Paired runs: each round runs all ways once, so that what slows the machine slows all of them."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .ways import Run

Way = Callable[[], Run]


@dataclass(frozen=True)
class Ratio:
    """Median, least and largest of the ratios of paired runs."""

    median: float
    least: float
    largest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.largest:.2f})"


def run_in_turn(ways: Mapping[str, Way], rounds: int, report: Callable[[str], None]) -> dict[str, list[Run]]:
    """Return the runs of each way; A B A B, not A A B B."""
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    for number in range(1, rounds + 1):
        for name, way in ways.items():
            runs[name].append(way())
            report(f"round {number} of {rounds}: {name}, {runs[name][-1].wall_s:.1f} s")
    return runs


def ratio(slow: Sequence[float], fast: Sequence[float]) -> Ratio:
    """Return how many times as fast the second is, pair by pair of seconds."""
    ratios = [one / other for one, other in zip(slow, fast, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))
