"""The summary of a batch: a table for the terminal, a CSV file and a JSON file."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ..whole_file import whole_file

COLUMNS: Final = ("video", "state", "seconds", "frames", "people", "message")
STATES: Final = ("done", "skipped", "failed", "nobody found", "not reached")
CSV_NAME: Final = "batch_summary.csv"
JSON_NAME: Final = "batch_summary.json"


@dataclass(frozen=True)
class Row:
    """What became of one video; `state` is one of STATES, `paths` are its outputs."""

    video: str
    state: str
    seconds: float = 0.0
    frames: int = 0
    people: int = 0
    message: str = ""
    paths: tuple[str, ...] = ()


def count_states(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many videos are in each state that occurs."""
    counts = {state: sum(row.state == state for row in rows) for state in STATES}
    return {state: count for state, count in counts.items() if count}


def format_table(rows: Sequence[Row]) -> str:
    """Return the table as lines of text, numbers to the right, the message last."""
    cells = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS) - 1)]
    return "\n".join(_format_line(line, widths) for line in cells)


def write_summary(rows: Sequence[Row], folder: Path) -> tuple[Path, Path]:
    """Write both files whole and return their paths; raises OutputError."""
    paths = folder / CSV_NAME, folder / JSON_NAME
    with (
        whole_file(paths[0]) as partial,
        partial.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            numbers = f"{row.seconds:.2f}", row.frames, row.people
            writer.writerow((_no_formula(row.video), row.state, *numbers, _no_formula(row.message)))
    with whole_file(paths[1]) as partial:
        partial.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="ascii")
    return paths


def _cells(row: Row) -> tuple[str, ...]:
    texts = (row.video, row.state, f"{row.seconds:.1f}", str(row.frames), str(row.people), row.message)
    # A file's name may hold a line break.
    return tuple(" ".join(text.splitlines()) for text in texts)


def _format_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    *texts, message = cells
    padded = [
        text.rjust(width) if column in (2, 3, 4) else text.ljust(width)
        for column, (text, width) in enumerate(zip(texts, widths, strict=True))
    ]
    return "  ".join([*padded, message]).rstrip()


def _no_formula(text: str) -> str:
    """Return the text so that no spreadsheet takes a file's name for a formula and runs it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
