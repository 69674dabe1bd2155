"""A batch on a terminal: a line per video and a bar on stderr, the table on stdout."""

import sys

from ..protocol import Event, Result, Summary, VideoReport
from ..reporting import TerminalReporter
from .table import Row, format_table


class BatchTerminalReporter(TerminalReporter):
    """Shows the events of a batch; keeps the rows for the table."""

    def __init__(self) -> None:
        super().__init__()
        # As it is now: what a library prints later must not get into the table.
        self._stdout = sys.stdout
        self._rows: list[Row] = []

    def emit(self, event: Event) -> None:
        """Show the event; the result's paths are in the summary files."""
        if isinstance(event, VideoReport):
            self._end_bar()
            row = Row(event.video, event.state, event.seconds, event.frames, event.people, event.message, event.paths)
            self._rows.append(row)
            said = f" {row.message}" if row.message else ""
            line = f"[{event.number}/{event.count}] {row.video}: {row.state}, {row.seconds:.1f} s.{said}"
            print(" ".join(line.splitlines()), file=sys.stderr, flush=True)
        elif isinstance(event, Summary):
            self._end_bar()
            print(format_table(sorted(self._rows, key=lambda row: row.video)), file=self._stdout)
            counts = ", ".join(f"{count} {state}" for state, count in event.states.items())
            print(f"{counts}; {event.seconds:.0f} s. The table is in {event.csv}.", file=self._stdout)
        elif not isinstance(event, Result):
            super().emit(event)
