"""`python -m core serve`: a core that stays, so that the next estimate starts at once. Started by the add-on.

One JSON line on stdin is one command, run in this process; its events come as from a process of its own, then `ended`.
It speaks through its pipes alone, and ends when they close, when it has idled for long, or when another one is there.
"""

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final, TextIO

from .cancellation import WORKER_NAME, Cancellation, provide_cancellation
from .errors import OptionError
from .kept_networks import keep_networks
from .protocol import CANCEL_LINE, Ended, Error, decode_run
from .reporting import Reporter

SERVED: Final = ("estimate", "people", "import")
LONGEST_LINE: Final = 1 << 20

RunCommand = Callable[[Sequence[str]], int]
"""Runs one command line and returns its exit code; says its errors itself."""


class Server:
    """Runs one command after another.

    Args:
        run: runs one.
        reporter: takes `ended`, and errors in the lines.
        idle_s: ends after so long without a command.
        lock_path: whoever cannot lock this file ends after one command; None for no lock.
    """

    def __init__(self, run: RunCommand, reporter: Reporter, idle_s: float, lock_path: Path | None) -> None:
        self._run, self._reporter, self._idle_s, self._lock_path = run, reporter, idle_s, lock_path
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._current: Cancellation | None = None

    def serve(self, stdin: TextIO) -> None:
        """Serve until there is a reason to end; in the main thread, where signals arrive."""
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: self._end())
        keep_networks()
        threading.Thread(target=self._read, args=(stdin,), daemon=True).start()
        lock = _lock(self._lock_path)
        try:
            while (line := self._next_line()) is not None:
                self._serve_line(line)
                if lock is None or _work_was_left_behind():
                    return
        finally:
            if lock is not None:
                lock.close()

    def _next_line(self) -> str | None:
        try:
            return self._lines.get(timeout=self._idle_s)
        except queue.Empty:
            return None

    def _serve_line(self, line: str) -> None:
        arguments = decode_run(line)
        if arguments is None or arguments[:1] not in ([name] for name in SERVED):
            error = OptionError("A line that the core was sent is no command that it serves.", "See core/protocol.py.")
            self._reporter.emit(Error(error.code, error.message, error.hint))
            self._reporter.emit(Ended(error.exit_code))
            return
        self._current = Cancellation()
        try:
            with provide_cancellation(self._current):
                exit_code = self._run([*arguments, "--json"])
        except SystemExit as ended:  # of --help
            exit_code = ended.code if isinstance(ended.code, int) else 0
        finally:
            self._current = None
        self._reporter.emit(Ended(exit_code))

    def _read(self, stdin: TextIO) -> None:
        """Thread: hand commands on, and cancel at once what runs."""
        try:
            while line := stdin.readline(LONGEST_LINE):
                if line.strip() == CANCEL_LINE:
                    self._cancel()
                elif line.strip():
                    self._lines.put(line)
        except (OSError, ValueError):
            pass
        self._end()

    def _cancel(self) -> None:
        current = self._current
        if current is not None:
            current.request()

    def _end(self) -> None:
        """Whoever started this has gone, or wants it gone."""
        self._cancel()
        self._lines.put(None)


def serve(run: RunCommand, reporter: Reporter, idle_s: float, lock_path: Path | None) -> None:
    """Serve what comes on stdin."""
    Server(run, reporter, idle_s, lock_path).serve(sys.stdin)


def _work_was_left_behind() -> bool:
    """Whether a cancelled command still computes: such a process must end."""
    return any(thread.name == WORKER_NAME for thread in threading.enumerate())


def _lock(path: Path | None) -> IO[bytes] | None:
    """Return the locked file, None where another process has it; the lock ends with the process, however it ends."""
    try:
        file = Path(path or os.devnull).open("ab")  # noqa: SIM115
    except OSError:
        return None
    if path is None:
        return file
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
