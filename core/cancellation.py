"""How a user stops a long job: SIGINT, SIGTERM, or the line `cancel` on stdin. Long loops call `check()`.

The work runs in a thread of its own, so that a cancel is obeyed in time even while a library computes for long.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NoReturn, TextIO

from .errors import CancelledError
from .protocol import CANCEL_LINE
from .whole_file import remove_unfinished_files

PATIENCE_S: Final = 1.2
"""Time from the request to the next `check()`; work that takes longer to notice is left behind."""

WAIT_STEP_S: Final = 0.1
WORKER_NAME: Final = "cancellable work"


class Cancellation:
    """A flag that any thread or signal may set and that the work reads between two steps."""

    def __init__(self) -> None:
        self._requested_s: float | None = None

    def request(self) -> None:
        """Ask the work to stop at its next check."""
        if self._requested_s is None:
            self._requested_s = time.monotonic()

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._requested_s is not None

    @property
    def is_overdue(self) -> bool:
        """Whether the work has had time enough to stop since somebody asked."""
        return self._requested_s is not None and time.monotonic() - self._requested_s > PATIENCE_S

    def check(self) -> None:
        """Raise CancelledError when somebody asked to stop."""
        if self.is_requested:
            raise CancelledError

    def listen(self, stdin: TextIO | None) -> None:
        """Set the flag on SIGINT, SIGTERM and on the line `cancel` of `stdin`; the end of stdin means nothing.

        Note: a terminal's stdin is left alone, since reading it from the background would stop the process.
        """
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: self.request())
        if stdin is not None and not stdin.isatty():
            threading.Thread(target=self._read_lines, args=(stdin,), daemon=True).start()

    def _read_lines(self, stdin: TextIO) -> None:
        try:
            for line in stdin:
                if line.strip() == CANCEL_LINE:
                    self.request()
                    return
        except (OSError, ValueError):
            # A closed or undecodable stdin is no wish to cancel.
            return


_provided: ContextVar[Cancellation | None] = ContextVar("provided", default=None)


@contextmanager
def provide_cancellation(cancellation: Cancellation) -> Iterator[None]:
    """Make `listen_for_cancel` return this one, for a command in a process that listens for many (core/serve.py)."""
    token = _provided.set(cancellation)
    try:
        yield
    finally:
        _provided.reset(token)


def listen_for_cancel() -> Cancellation:
    """Return a Cancellation that this process's signals and stdin set."""
    provided = _provided.get()
    if provided is not None:
        return provided
    cancellation = Cancellation()
    cancellation.listen(sys.stdin)
    return cancellation


def run_cancellable(work: Callable[[], object], cancellation: Cancellation) -> None:
    """Run `work` in a thread and wait for it here, where signals arrive; raise what it raises.

    Raises:
        CancelledError: also when the work does not notice the request in time; then `end_process` must come next.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # whatever it is, it is raised again below
            failures.append(error)

    worker = threading.Thread(target=run, name=WORKER_NAME, daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(WAIT_STEP_S)
        if worker.is_alive() and cancellation.is_overdue:
            raise CancelledError
    if failures:
        raise failures[0]


def end_process(exit_code: int) -> NoReturn:
    """End the process; at once where work was left behind, because Python would end under its feet."""
    if any(thread.name == WORKER_NAME for thread in threading.enumerate()):
        remove_unfinished_files()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)
    sys.exit(exit_code)
