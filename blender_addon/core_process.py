"""A process of the core with its pipes: moves lines between queues and pipes, and ends it. Imports no bpy.

Serves one run (blender_addon/worker_client.py), or several one after another (blender_addon/warm_worker.py).
"""

import atexit
import contextlib
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from typing import IO, Final

from ..core.errors import WorkerError
from ..core.protocol import Event, decode_event
from .worker_runtime import WorkerCommand

STDERR_TAIL_LINES: Final = 60


class CoreProcess:
    """A running core.

    Attributes:
        command: what it was started with.
        command_line: that, with the arguments.
        events: what it said, oldest first.
        said: its words besides its events, newest last.
    """

    def __init__(self, command: WorkerCommand, arguments: Sequence[str]) -> None:
        """Start the process.

        Raises:
            WorkerError: it cannot be started.
        """
        self.command = command
        self.command_line = [*command.arguments, *arguments]
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.said: deque[str] = deque(maxlen=STDERR_TAIL_LINES)
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
                self.command_line,
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
                f"The core process cannot be started with {self.command_line[0]} ({error.strerror or error}).",
                "Name another Python in the add-on's preferences.",
            ) from error

    def _read_events(self, stdout: IO[str]) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in stdout:
                event = decode_event(line)
                if event is not None:
                    self.events.put(event)
                elif line.strip():
                    self.said.append(line.rstrip())

    def _read_stderr(self, stderr: IO[str]) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in stderr:
                self.said.append(line.rstrip())

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, None before it was asked for or while the process runs."""
        return self._process.returncode

    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def send(self, line: str) -> bool:
        """Write a line to its stdin; return whether it could be."""
        stdin = self._process.stdin
        try:
            if stdin:
                stdin.write(f"{line}\n")
                stdin.flush()
        except (OSError, ValueError):
            return False
        return stdin is not None

    def terminate(self) -> None:
        """Ask the system to end it."""
        self._process.terminate()

    def kill_soon(self) -> None:
        """End it without waiting."""
        self._process.kill()

    def join_readers(self, timeout_s: float) -> None:
        """Wait until what it wrote is read; a grandchild may hold a pipe open, so only for so long each."""
        for reader in self._readers:
            reader.join(timeout=timeout_s)

    def kill(self) -> None:
        """End the process now and wait for it; harmless when it has ended. For Blender's exit and the add-on's."""
        atexit.unregister(self.kill)
        if self.is_running():
            self._process.kill()
        self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        self.join_readers(0.2)
        pipes = [self._process.stdin]
        # Closing a pipe under a reading thread would block on its lock.
        if not any(reader.is_alive() for reader in self._readers):
            pipes += [self._process.stdout, self._process.stderr]
        for pipe in pipes:
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
