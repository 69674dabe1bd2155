"""What a run has measured so far, and its files: curves.csv, and curves.png where matplotlib is installed."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ...errors import EngineError
from ...whole_file import whole_file
from ..evaluation.plots import draw_panels

CSV_NAME: Final = "curves.csv"
PNG_NAME: Final = "curves.png"
_PANELS: Final = {
    "validation error [mm]": ("validation_pa_mpjpe_mm", "validation_mpjpe_mm"),
    "validation acceleration [mm/frame^2]": ("validation_acc", "validation_acc_error", "validation_true_acc"),
    "losses, not weighted": (
        "keypoint3d", "keypoint2d", "pose", "betas", "feature_regularisation", "adversarial", "discriminator",
    ),
    "learning rate": ("learning_rate",),
}  # fmt: skip


class History:
    """Means of the losses over each epoch, with the validation's scores; part of the checkpoint."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, losses: Mapping[str, float]) -> None:
        """Add one step's losses to the epoch's."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def end_epoch(self, measured: Mapping[str, float]) -> None:
        """Close the epoch's row."""
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self.rows.append({"epoch": len(self.rows) + 1, **measured, **means})
        self._sums, self._counts = {}, {}

    def state(self) -> dict[str, Any]:
        """Return plain values for the checkpoint."""
        return {"rows": self.rows, "sums": self._sums, "counts": self._counts}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take a state back."""
        self.rows, self._sums, self._counts = (state[name] for name in ("rows", "sums", "counts"))

    def write(self, folder: Path, report: Callable[[str], None]) -> None:
        """Write all rows as CSV, and draw them; without matplotlib it says so and goes on.

        Raises:
            OutputError: a file cannot be written.
        """
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with whole_file(folder / CSV_NAME) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, names)
            table.writeheader()
            table.writerows(self.rows)
        panels = {
            title: {name: self._curve(name) for name in wanted if name in names} for title, wanted in _PANELS.items()
        }
        try:
            draw_panels(panels, folder / PNG_NAME, "epoch")
        except EngineError as error:
            report(f"{PNG_NAME} is not drawn: {error}")

    def _curve(self, name: str) -> list[tuple[float, float]]:
        return [(row["epoch"], row[name]) for row in self.rows if name in row]
