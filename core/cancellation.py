"""How a user stops a long job: SIGINT, SIGTERM, or the line `cancel` on stdin. Long loops call `check()`."""

import signal
import sys
import threading
from typing import TextIO

from .errors import CancelledError
from .protocol import CANCEL_LINE


class Cancellation:
    """A flag that any thread or signal may set and that the work reads between two steps."""

    def __init__(self) -> None:
        self._requested = threading.Event()

    def request(self) -> None:
        """Ask the work to stop at its next check."""
        self._requested.set()

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._requested.is_set()

    def check(self) -> None:
        """Raise CancelledError when somebody asked to stop."""
        if self._requested.is_set():
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


def listen_for_cancel() -> Cancellation:
    """Return a Cancellation that this process's signals and stdin set."""
    cancellation = Cancellation()
    cancellation.listen(sys.stdin)
    return cancellation
