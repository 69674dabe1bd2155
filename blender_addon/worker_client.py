"""Runs one core process: starts it, reads its events, cancels it, and says how it ended. Imports no bpy.

The threads here only move lines into queues; whoever owns the client calls `poll` and acts on the events.
"""

import atexit
import contextlib
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from ..core.errors import EXIT_CANCELLED, CancelledError, JointwiseError, WorkerError
from ..core.protocol import CANCEL_LINE, Error, Event, Result, decode_event
from .worker_runtime import WorkerCommand

PATIENCE_S: Final = 2.0
"""Time for the core to obey a cancel, then a terminate, before the next stronger means."""

STDERR_TAIL_LINES: Final = 60
LONGEST_QUOTE: Final = 300
"""Letters of the core's last words that a sentence takes; the log has more."""


class WorkerClient:
    """One run of the core. Call `poll` now and then until `is_finished`, then `result`."""

    def __init__(self, command: WorkerCommand, arguments: Sequence[str]) -> None:
        """Start the process.

        Raises:
            WorkerError: it cannot be started.
        """
        self._command_line = [*command.arguments, *arguments]
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stderr_tail: deque[str] = deque(maxlen=STDERR_TAIL_LINES)
        self._final_event: Result | Error | None = None
        self._cancel_time_s: float | None = None
        self._result_time_s: float | None = None
        self._process = self._start(command)
        self._readers = [
            threading.Thread(target=self._read_events, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        atexit.register(self.kill)

    def _start(self, command: WorkerCommand) -> "subprocess.Popen[str]":
        try:
            return subprocess.Popen(
                self._command_line,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=command.folder,
                env=command.environment,
                text=True,
                encoding="utf-8",
                errors="replace",
                # Windows would open a console window; the flag exists only there.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise WorkerError(
                f"The core process cannot be started with {self._command_line[0]} ({error.strerror or error}).",
                "Name another Python in the add-on's preferences.",
            ) from error

    def _read_events(self, stdout: IO[str]) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in stdout:
                event = decode_event(line)
                if event is not None:
                    self._events.put(event)
                elif line.strip():
                    self._stderr_tail.append(line.rstrip())

    def _read_stderr(self, stderr: IO[str]) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in stderr:
                self._stderr_tail.append(line.rstrip())

    def poll(self) -> list[Event]:
        """Return the events since the last call; also carries a cancel through when the core does not obey."""
        events = []
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Result | Error):
                self._final_event = event
                self._result_time_s = time.monotonic()
            events.append(event)
        self._press_on()
        return events

    def _press_on(self) -> None:
        """Terminate, then kill, a process that was told to stop, or that reported its end, and is still there."""
        since_s = self._cancel_time_s if self._cancel_time_s is not None else self._result_time_s
        if since_s is None or self._process.poll() is not None:
            return
        waited_s = time.monotonic() - since_s
        if waited_s > 2 * PATIENCE_S:
            self._process.kill()
        elif waited_s > PATIENCE_S:
            self._process.terminate()

    def cancel(self) -> None:
        """Ask the core to stop and return at once; `poll` sees it through."""
        if self._cancel_time_s is not None or self._process.poll() is not None:
            return
        self._cancel_time_s = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            stdin = self._process.stdin
            if stdin:
                stdin.write(f"{CANCEL_LINE}\n")
                stdin.flush()

    def kill(self) -> None:
        """End the process now and wait for it; harmless when it has ended. For Blender's exit and the add-on's."""
        atexit.unregister(self.kill)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._close_pipes()

    @property
    def is_finished(self) -> bool:
        """True once the process has ended and its events are read; then it is reaped, and its pipes are closed."""
        if self._process.poll() is None:
            return False
        for reader in self._readers:
            # A grandchild may hold a pipe open; what the core itself wrote is read by then.
            reader.join(timeout=1.0)
        if not self._events.empty():
            return False
        self.kill()
        return True

    def _close_pipes(self) -> None:
        for reader in self._readers:
            reader.join(timeout=0.2)
        pipes = [self._process.stdin]
        # Closing a pipe under a reading thread would block on its lock.
        if not any(reader.is_alive() for reader in self._readers):
            pipes += [self._process.stdout, self._process.stderr]
        for pipe in pipes:
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    @property
    def log(self) -> str:
        """What the core said besides its events, newest last, with the command: for a bug report."""
        return "\n".join([" ".join(self._command_line), *self._stderr_tail])

    def result(self) -> Result:
        """Return the result of a finished process.

        Raises:
            JointwiseError: the error that the core reported, of the class that its code names.
            CancelledError: it was cancelled.
            WorkerError: it ended without a result.
        """
        if isinstance(self._final_event, Result):
            return self._final_event
        if isinstance(self._final_event, Error):
            raise error_from_event(self._final_event)
        exit_code = self._process.returncode
        if self._cancel_time_s is not None or exit_code == EXIT_CANCELLED:
            raise CancelledError
        raise WorkerError(self._death_sentence(exit_code), self._death_hint())

    def _death_sentence(self, exit_code: int) -> str:
        last_words = next((line for line in reversed(self._stderr_tail) if line.strip()), "it said nothing")
        return f"The core process ended without a result (exit code {exit_code}): {last_words.strip()[:LONGEST_QUOTE]}"

    def _death_hint(self) -> str:
        if any("ModuleNotFoundError" in line for line in self._stderr_tail):
            python = Path(self._command_line[0])
            return f"A package is missing for {python}: install it there, or name another Python in the preferences."
        return "The add-on's preferences can copy the whole log for a bug report."


def error_from_event(event: Error) -> JointwiseError:
    """Return the core's error as the exception class that its code names; an unknown code gives the base class."""
    if event.code == CancelledError.code:
        return CancelledError()
    for error_class in JointwiseError.__subclasses__():
        if error_class.code == event.code:
            return error_class(event.message, event.hint)
    return JointwiseError(event.message, event.hint)
