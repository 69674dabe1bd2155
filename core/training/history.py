"""What a run has measured so far, and its files: a table (CSV), and curves (PNG) where matplotlib is installed."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..whole_file import whole_file
from .evaluation.plots import draw_panels

Panels = Mapping[str, tuple[str, ...]]
"""Title of a panel and the columns that it shows."""


class History:
    """Means of the losses between two validations, with what the validation measured; part of the checkpoint.

    Args:
        place: name of the first column, `epoch` or `iteration`.
        panels: of the curves.
    """

    def __init__(self, place: str, panels: Panels) -> None:
        self._place, self._panels = place, panels
        self.rows: list[dict[str, float]] = []
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, losses: Mapping[str, float]) -> None:
        """Add one step's losses to the row's."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def close_row(self, place: int, measured: Mapping[str, float]) -> None:
        """Close the row: the means of the losses since the last one, and what was measured now."""
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self.rows.append({self._place: place, **measured, **means})
        self._sums, self._counts = {}, {}

    def state(self) -> dict[str, Any]:
        """Return plain values for the checkpoint."""
        return {"rows": list(self.rows), "sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take a state back; KeyError where it is none."""
        self.rows, self._sums, self._counts = (state[name] for name in ("rows", "sums", "counts"))

    def write(self, stem: Path, report: Callable[[str], None]) -> None:
        """Write all rows as `stem`.csv and draw them as `stem`.png; without matplotlib it says so and goes on.

        Raises:
            OutputError: a file cannot be written.
        """
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with whole_file(stem.with_suffix(".csv")) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, names)
            table.writeheader()
            table.writerows(self.rows)
        panels = {
            title: {name: self._curve(name) for name in wanted if name in names}
            for title, wanted in self._panels.items()
        }
        try:
            draw_panels(panels, stem.with_suffix(".png"), self._place)
        except EngineError as error:
            report(f"{stem.name}.png is not drawn: {error}")

    def _curve(self, name: str) -> list[tuple[float, float]]:
        return [(row[self._place], row[name]) for row in self.rows if name in row]
