"""One run of the core: starts it, reads its events, cancels it, and says how it ended. Imports no bpy.

Whoever owns the client calls `poll` and acts on the events.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..core.errors import EXIT_CANCELLED, CancelledError, JointwiseError, WorkerError
from ..core.protocol import CANCEL_LINE, Ended, Error, Event, Result, encode_run
from .core_process import CoreProcess
from .warm_worker import keep_warm, start_serving, take_warm
from .worker_runtime import WorkerCommand

PATIENCE_S: Final = 2.0
"""Time for the core to obey a cancel, then a terminate, before the next stronger means."""

LONGEST_QUOTE: Final = 300
"""Letters of the core's last words that a sentence takes; the log has more."""


class WorkerClient:
    """One run of the core. Call `poll` now and then until `is_finished`, then `result`.

    The process ends with the run, or, where the command says so, waits for the next one (blender_addon/warm_worker.py).
    """

    def __init__(self, command: WorkerCommand, arguments: Sequence[str]) -> None:
        """Start the process, or have the one that waits do it.

        Raises:
            WorkerError: it cannot be started.
        """
        self._command, self._arguments = command, list(arguments)
        self._final_event: Result | Error | None = None
        self._exit_code: int | None = None
        self._cancel_time_s: float | None = None
        self._result_time_s: float | None = None
        self._is_let_go = False
        self._has_heard = False
        self._is_second_hand = False
        self._process = self._start_warm() if command.keep_ready_s else CoreProcess(command, arguments)

    def _start_warm(self) -> CoreProcess:
        line = encode_run(self._arguments)
        process = take_warm(self._command)
        if process is not None:
            self._is_second_hand = True
            process.said.clear()
            if process.send(line):
                return process
            process.kill()
        return self._start_serving(line)

    def _start_serving(self, line: str) -> CoreProcess:
        self._is_second_hand = False
        process = start_serving(self._command)
        process.send(line)
        return process

    def poll(self) -> list[Event]:
        """Return the events since the last call; also carries a cancel through when the core does not obey."""
        events = []
        while self._exit_code is None and not self._process.events.empty():
            event = self._process.events.get()
            self._has_heard = True
            if isinstance(event, Result | Error):
                self._final_event = event
                self._result_time_s = time.monotonic()
            if isinstance(event, Ended):
                self._exit_code = event.exit_code
            events.append(event)
        self._press_on()
        return events

    def _press_on(self) -> None:
        """Terminate, then kill, a process that was told to stop, or that reported its end, and is still there."""
        since_s = self._cancel_time_s if self._cancel_time_s is not None else self._result_time_s
        if since_s is None or self._exit_code is not None or not self._process.is_running():
            return
        waited_s = time.monotonic() - since_s
        if waited_s > 2 * PATIENCE_S:
            self._process.kill_soon()
        elif waited_s > PATIENCE_S:
            self._process.terminate()

    def cancel(self) -> None:
        """Ask the core to stop and return at once; `poll` sees it through."""
        if self._cancel_time_s is not None or self._exit_code is not None or not self._process.is_running():
            return
        self._cancel_time_s = time.monotonic()
        self._process.send(CANCEL_LINE)

    def kill(self) -> None:
        """End the run now, and its process; harmless when the run has ended. For Blender's exit and the add-on's."""
        if not self._is_let_go:
            self._process.kill()

    @property
    def is_finished(self) -> bool:
        """True once the run has ended and its events are read; then its process is reaped, or waits for another run."""
        if self._is_let_go:
            return True
        if self._exit_code is not None and self._process.is_running():
            self._is_let_go = True
            keep_warm(self._process)
            return True
        if self._process.is_running():
            return False
        self._process.join_readers(1.0)
        if self._exit_code is None and not self._process.events.empty():
            return False
        if self._is_second_hand and not self._has_heard and self._cancel_time_s is None:
            # It had waited long enough just as it was asked, or had died before.
            self._process.kill()
            self._process = self._start_serving(encode_run(self._arguments))
            return False
        self.kill()
        return True

    @property
    def log(self) -> str:
        """What the core said besides its events, newest last, with the command: for a bug report."""
        return "\n".join([" ".join([*self._command.arguments, *self._arguments]), *self._process.said])

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
        exit_code = self._exit_code if self._exit_code is not None else self._process.returncode
        if self._cancel_time_s is not None or exit_code == EXIT_CANCELLED:
            raise CancelledError
        raise WorkerError(self._death_sentence(exit_code), self._death_hint())

    def _death_sentence(self, exit_code: int | None) -> str:
        last_words = next((line for line in reversed(self._process.said) if line.strip()), "it said nothing")
        return f"The core process ended without a result (exit code {exit_code}): {last_words.strip()[:LONGEST_QUOTE]}"

    def _death_hint(self) -> str:
        if any("ModuleNotFoundError" in line for line in self._process.said):
            python = Path(self._command.arguments[0])
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
