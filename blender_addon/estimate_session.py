"""One run of the core from the click to its result: prepares the runtime in a thread, then runs the core.

Imports no bpy: the operator calls `poll` from Blender's main thread, and the panel reads the public fields.
"""

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ..core.errors import CancelledError, JointwiseError, WorkerError
from ..core.protocol import Device, Event, Hello, People, Result, Status, Warning
from .bundled_packages import ReportProgress
from .worker_client import WorkerClient
from .worker_runtime import WorkerCommand

UNPACK_STAGE: Final = "unpack"
START_STAGE: Final = "start"
BYTES_PER_UNIT: Final = 1 << 20

PrepareWorker = Callable[[ReportProgress], WorkerCommand]


class EstimateSession:
    """One run of `python -m core estimate` or `people`.

    Attributes:
        status: the latest stage and progress.
        warnings: sentences of the core's warnings so far.
        people: whom the command `people` found, once it has said so.
        device_text: where the networks run and why, once the core has said so.
        log: the core's words besides its events, for a bug report.
    """

    def __init__(self, prepare: PrepareWorker, arguments: Sequence[str]) -> None:
        """Start at once; returns before anything slow is done."""
        self.status = Status(START_STAGE)
        self.warnings: list[str] = []
        self.people: People | None = None
        self.log = ""
        self.device_text = ""
        self.core_version = ""
        self._arguments = list(arguments)
        self._client: WorkerClient | None = None
        self._failure: JointwiseError | None = None
        self._cancelled = threading.Event()
        self._ended = False
        self._preparation = threading.Thread(target=self._prepare, args=(prepare,), daemon=True)
        self._preparation.start()

    def _prepare(self, prepare: PrepareWorker) -> None:
        """Thread: unpack what must be unpacked and start the core; keeps the failure for `poll`."""
        try:
            command = prepare(self._report_unpacking)
            self._check_cancelled()
            self._client = WorkerClient(command, self._arguments)
        except JointwiseError as error:
            self._failure = error
        except Exception as error:  # a thread's exception would vanish, and the panel would wait for ever
            self._failure = WorkerError(f"The core process could not be prepared: {type(error).__name__}: {error}")

    def _report_unpacking(self, done_bytes: int, total_bytes: int) -> None:
        self._check_cancelled()
        self.status = Status(UNPACK_STAGE, done_bytes // BYTES_PER_UNIT, total_bytes // BYTES_PER_UNIT)

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CancelledError

    def poll(self) -> bool:
        """Take in what happened since the last call; return True once the run has ended, then call `result`."""
        if self._ended:
            return True
        if self._preparation.is_alive():
            return False
        if self._client is None:
            self._ended = True
            return True
        for event in self._client.poll():
            self._take_in(event)
        if self._cancelled.is_set():
            self._client.cancel()
        self.log = self._client.log
        self._ended = self._client.is_finished
        return self._ended

    def _take_in(self, event: Event) -> None:
        if isinstance(event, Status):
            self.status = event
        elif isinstance(event, Warning):
            self.warnings.append(event.message)
        elif isinstance(event, Device):
            self.device_text = event.message
        elif isinstance(event, People):
            self.people = event
        elif isinstance(event, Hello):
            self.core_version = event.version

    def wait(self, on_change: Callable[[Status], None]) -> None:
        """Block until the run has ended; calls back when the status has changed."""
        shown = None
        while not self.poll():
            if self.status != shown:
                shown = self.status
                on_change(shown)
            time.sleep(0.05)

    def cancel(self) -> None:
        """Ask the run to stop and return at once; goes on being polled until it has ended."""
        self._cancelled.set()
        if self._client is not None:
            self._client.cancel()

    @property
    def is_cancelling(self) -> bool:
        """True from the click on Cancel on."""
        return self._cancelled.is_set()

    def result(self) -> Result:
        """Return the result of an ended run.

        Raises:
            JointwiseError: the core's error, a failure to start it, or CancelledError.
        """
        if self._failure is not None:
            raise self._failure
        if self._client is None:
            raise WorkerError("The core process was not started.")
        return self._client.result()

    def close(self) -> None:
        """End whatever still runs, at once: for the end of the operator, of the add-on, of Blender."""
        self._cancelled.set()
        self._preparation.join(timeout=5.0)
        if self._client is not None:
            self._client.kill()
        self._ended = True


class WorkFolder:
    """A temporary folder for the core's output; `remove` takes it away with all that is in it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="jointwise-"))

    def remove(self) -> None:
        """Remove the folder; a file that another program holds open (Windows) stays for the system to clean."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self.path)
