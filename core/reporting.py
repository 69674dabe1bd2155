"""Progress and warnings on their way out: JSON lines for the add-on, a bar and sentences for a terminal."""

import errno
import os
import sys
import time
from collections.abc import Sequence
from typing import Final, Protocol, TextIO

from .errors import CancelledError
from .protocol import Device, Error, Event, FoundPerson, Hello, People, Result, Status, Warning, encode_event

MINIMUM_INTERVAL_S: Final = 0.1
"""At most ten status events a second."""

FIRST_FRAME_WITH_TIME_LEFT: Final = 10
MOST_SPANS_SHOWN: Final = 3


class Reporter(Protocol):
    """Takes events as they happen."""

    def emit(self, event: Event) -> None:
        """Pass the event on at once."""


class JsonReporter:
    """Writes each event as one JSON line on stdout."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def emit(self, event: Event) -> None:
        """Write one line and flush, so that the reader sees it now.

        Raises:
            CancelledError: the reader has gone; not at the result, whose files are written by then.
        """
        try:
            self._stream.write(encode_event(event) + "\n")
            self._stream.flush()
        except OSError as error:
            # Windows says EINVAL.
            if error.errno not in (errno.EPIPE, errno.EINVAL):
                raise
            # Python flushes stdout once more at its end, which must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if not isinstance(event, Result):
                raise CancelledError from None


class TerminalReporter:
    """Shows a bar on stderr and the result's paths on stdout."""

    def __init__(self) -> None:
        self._bar_is_open = False

    def emit(self, event: Event) -> None:
        """Show the event; errors are left to the caller, which prints them as the last line."""
        if isinstance(event, Status):
            self._draw_bar(event)
        elif isinstance(event, Warning):
            self._end_bar()
            print(f"Warning: {event.message}", file=sys.stderr)
        elif isinstance(event, Device):
            self._end_bar()
            print(event.message, file=sys.stderr)
        elif isinstance(event, Result):
            self._end_bar()
            for path in (*event.paths, event.overlay):
                if path:
                    print(path)
        elif isinstance(event, People):
            self._end_bar()
            print("\n".join(people_table(event.people)))
        elif isinstance(event, Hello | Error):
            self._end_bar()

    def _draw_bar(self, status: Status) -> None:
        if not sys.stderr.isatty():
            return
        share = min(status.frame / status.frame_count, 1.0) if status.frame_count else 0.0
        left = "" if status.seconds_left is None else f", {status.seconds_left:.0f} s left"
        bar = "#" * round(30 * share)
        total = f"/{status.frame_count}" if status.frame_count else ""
        sys.stderr.write(f"\r\x1b[K{status.stage} [{bar:<30}] {status.frame}{total}{left}")
        sys.stderr.flush()
        self._bar_is_open = True

    def _end_bar(self) -> None:
        if self._bar_is_open:
            sys.stderr.write("\n")
            self._bar_is_open = False


def people_table(people: Sequence[FoundPerson]) -> list[str]:
    """Return the lines of a table: a person each, with the place that `estimate --people` takes."""
    lines = [f"{'person':>6} {'seconds':>8} {'frames':>13} {'size px':>11}  {'place':<20} picture"]
    for person in people:
        frames = _frames_text(person)
        size = f"{person.box_size[0]} x {person.box_size[1]}"
        line = f"{person.rank:>6} {person.seconds:>8.1f} {frames:>13} {size:>11}  {person.place_text:<20} "
        lines.append((line + (person.thumbnail or "")).rstrip())
    return lines


def _frames_text(person: FoundPerson) -> str:
    """Return the stretches of frames in which somebody is seen; of many, the first and last frame and their number."""
    if 1 < len(person.spans) <= MOST_SPANS_SHOWN:
        return ",".join(f"{first}-{last}" for first, last in person.spans)
    whole = f"{person.first_frame}-{person.last_frame}"
    return whole if len(person.spans) < 2 else f"{whole} in {len(person.spans)} pieces"


class StageProgress:
    """Turns a frame counter into status events: rate-limited, with the time left from the tenth frame on."""

    def __init__(self, reporter: Reporter, stage: str, frame_count: int) -> None:
        self._reporter = reporter
        self._stage = stage
        self._frame_count = frame_count
        self._first: tuple[int, float] | None = None
        self._reported_s = -MINIMUM_INTERVAL_S
        self._report(0, time.monotonic())

    def update(self, frame: int) -> None:
        """Report that `frame` frames are done, unless a report went out a moment ago."""
        now_s = time.monotonic()
        if self._first is None:
            # Not the start of the stage: skipping to a late first frame, say, tells nothing about the others.
            self._first = (frame, now_s)
        if frame == self._frame_count or now_s - self._reported_s >= MINIMUM_INTERVAL_S:
            self._report(frame, now_s)

    def _report(self, frame: int, now_s: float) -> None:
        self._reported_s = now_s
        self._reporter.emit(Status(self._stage, frame, self._frame_count, self._seconds_left(frame, now_s)))

    def _seconds_left(self, frame: int, now_s: float) -> float | None:
        if frame < FIRST_FRAME_WITH_TIME_LEFT or not self._frame_count or self._first is None:
            return None
        first_frame, first_s = self._first
        seconds_per_frame = (now_s - first_s) / max(frame - first_frame, 1)
        return round(seconds_per_frame * max(self._frame_count - frame, 0), 1)
