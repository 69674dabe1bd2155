"""Processes that try inputs and may be killed: each has a limit of memory, each input one of time."""

import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from .inputs import Input, Kind
from .trial import Outcome, try_input

MEMORY_LIMIT = 4 << 30
"""Of address space, bytes: the libraries take 1 to 2 GB of it."""

START_LIMIT_S = 120.0


def _serve(connection: Connection, kinds: list[Kind]) -> None:
    """Try inputs until the pipe closes (child process)."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    for kind in kinds:
        # The first reading imports and caches; a trial must not depend on which process it comes to.
        with tempfile.TemporaryDirectory() as folder:
            for number, seed in enumerate(kind.seeds(_made(Path(folder) / "seeds"))[:3]):
                path = _made(Path(folder) / str(number)) / seed.name
                path.write_bytes(seed.data)
                try_input(kind, path)
                os.chdir("/")
    connection.send("ready")
    while True:
        try:
            kind, path = connection.recv()
        except EOFError:
            return
        started_s = time.monotonic()
        outcome = try_input(kind, Path(path))
        os.chdir("/")
        connection.send((outcome, time.monotonic() - started_s))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


class _Helper:
    """One child process, started anew after a kill."""

    def __init__(self, kinds: list[Kind], limit_s: float) -> None:
        self._kinds, self._limit_s = kinds, limit_s
        self._process = None

    def try_in_child(self, kind: Kind, path: Path) -> Outcome:
        if self._process is None or not self._process.is_alive():
            self._start()
        try:
            self._connection.send((kind, str(path)))
            if not self._connection.poll(self._limit_s):
                self.stop()
                return Outcome("failed", f"took longer than {self._limit_s:g} s")
            return self._connection.recv()[0]
        except (EOFError, OSError):
            self._process.join(5)
            code = self._process.exitcode
            self.stop()
            return Outcome("failed", f"the process died (exit code {code})")

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._kinds), daemon=True)
        self._process.start()
        theirs.close()
        if not self._connection.poll(START_LIMIT_S):
            raise RuntimeError("a process of the fuzz suite does not start")
        self._connection.recv()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None


class Pool:
    """Tries lists of inputs in several processes; results come in the inputs' order."""

    def __init__(self, kinds: list[Kind], count: int, limit_s: float) -> None:
        self._helpers = [_Helper(kinds, limit_s) for _ in range(count)]
        self._free: SimpleQueue[_Helper] = SimpleQueue()
        for helper in self._helpers:
            self._free.put(helper)
        self._threads = ThreadPoolExecutor(count)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for helper in self._helpers:
            helper.stop()

    def try_all(self, kind: Kind, inputs: list[Input]) -> list[Outcome]:
        return list(self._threads.map(lambda item: self._try(kind, item), inputs))

    def _try(self, kind: Kind, item: Input) -> Outcome:
        folder = Path(tempfile.mkdtemp(prefix="jointwise-fuzz-"))
        path = folder / "in" / item.name
        path.parent.mkdir()
        path.write_bytes(item.data)
        helper = self._free.get()
        try:
            return helper.try_in_child(kind, path)
        finally:
            self._free.put(helper)
            shutil.rmtree(folder, ignore_errors=True)
