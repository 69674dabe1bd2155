"""Tables as text, and their numbers as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...whole_file import whole_file

MISSING = "-"


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n - 1) of one figure over repeated runs.

    Attributes:
        deviation: None where there is one run only.
    """

    mean: float
    deviation: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of at least one value."""
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
        return cls(float(np.mean(values)), deviation, len(values))

    def text(self, decimals: int = 1) -> str:
        """Return `mean ± deviation`, or the mean alone."""
        if self.deviation is None:
            return f"{self.mean:.{decimals}f}"
        return f"{self.mean:.{decimals}f} ± {self.deviation:.{decimals}f}"


Cell = float | int | str | Spread | None


@dataclass(frozen=True)
class Table:
    """A titled table.

    Attributes:
        rows: name of the row and its cells, as many as there are columns.
        notes: lines below the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the table in lines of equal columns."""
        body = [[name, *(cell_text(cell) for cell in cells)] for name, cells in self.rows]
        lines = [["", *self.columns], *body]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns) + 1)]
        rendered = []
        for first, *others in lines:
            cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
            rendered.append("  ".join([first.ljust(widths[0]), *cells]))
        return "\n".join([self.title, *(line.rstrip() for line in rendered), *self.notes])

    def numbers(self) -> dict[str, Any]:
        """Return the table for JSON."""
        rows = {name: dict(zip(self.columns, map(_cell_number, cells), strict=True)) for name, cells in self.rows}
        return {"title": self.title, "rows": rows, "notes": list(self.notes)}


def cell_text(cell: Cell) -> str:
    """Return a cell's text: one decimal, `-` for what is missing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return MISSING
    if isinstance(cell, Spread):
        return cell.text()
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def write_tables(tables: Sequence[Table], text_path: Path, json_path: Path, header: Mapping[str, Any]) -> str:
    """Write all tables as one text file and one JSON file; return the text.

    Raises:
        OutputError: a file cannot be written.
    """
    text = "\n\n".join(table.text() for table in tables) + "\n"
    with whole_file(text_path) as partial:
        partial.write_text(text, encoding="utf-8")
    content = {**header, "tables": [table.numbers() for table in tables]}
    with whole_file(json_path) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    return text


def _cell_number(cell: Cell) -> Any:
    if isinstance(cell, Spread):
        return {"mean": cell.mean, "deviation": cell.deviation, "count": cell.count}
    if isinstance(cell, float) and math.isnan(cell):
        return None
    return cell
