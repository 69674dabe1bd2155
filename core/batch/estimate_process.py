"""One `estimate` as a process of its own: whatever befalls it, it befalls that video only."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

from ..errors import CancelledError, JointwiseError, NobodyFoundError, WorkerError
from ..protocol import Error, Event, Result, Status, Warning, decode_event

ROOT: Final = Path(__file__).resolve().parents[2]
"""The folder that holds the package `core`."""

POLL_S: Final = 0.05

STAGE_SHARES: Final = {"track": (0.05, 0.85), "backbone": (0.5, 0.4), "estimate": (0.9, 0.05), "overlay": (0.92, 0.08)}
"""Where in the whole a stage begins, and its share of it; only for the time left."""

THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def run_estimate(
    arguments: Sequence[str],
    threads: int | None,
    log: Path,
    report_share: Callable[[float], None],
    is_stopped: Callable[[], bool],
) -> tuple[Result, list[str]]:
    """Run `python -m core estimate ARGUMENTS` to its end; return its result and its warnings.

    Args:
        threads: how many processor threads it may use, None for as many as it likes.
        log: a file for what it says on stderr.
        report_share: called with how much is done, 0..1.
        is_stopped: asked all the time; the process is killed when it says yes.
    Raises:
        NobodyFoundError, WorkerError: with its own sentence, or with one that says how it died.
        CancelledError: `is_stopped` said yes.
    """
    command = [sys.executable, "-m", "core", "estimate", *arguments, "--json"]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(threads), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=stderr, encoding="utf-8", errors="replace",
        )  # fmt: skip
    try:
        events = _follow(process, report_share, is_stopped)
    finally:
        # It writes to a folder that nobody else looks into, so it needs no time to tidy up.
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    for event in events:
        if isinstance(event, Result):
            return event, [event.message for event in events if isinstance(event, Warning)]
    raise _failure(events, process.returncode, log)


def _environment(threads: int | None) -> dict[str, str]:
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    if threads is not None:
        environment.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    return environment


def _follow(
    process: "subprocess.Popen[str]", report_share: Callable[[float], None], is_stopped: Callable[[], bool]
) -> list[Event]:
    """Return the events but the progress, when the process has ended."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    assert process.stdout is not None
    threading.Thread(target=_read_lines, args=(process.stdout, lines), daemon=True).start()
    events: list[Event] = []
    while True:
        if is_stopped():
            raise CancelledError
        try:
            line = lines.get(timeout=POLL_S)
        except queue.Empty:
            continue
        if line is None:
            process.wait()
            return events
        event = decode_event(line)
        if isinstance(event, Status):
            begin, share = STAGE_SHARES.get(event.stage, (0.0, 0.0))
            if share:
                report_share(begin + share * min(event.frame / max(event.frame_count, 1), 1.0))
        elif event is not None:
            events.append(event)


def _read_lines(stream: TextIO, lines: "queue.SimpleQueue[str | None]") -> None:
    try:
        for line in stream:
            lines.put(line)
    except (OSError, ValueError):
        # Closed under our feet, because the process was killed.
        pass
    finally:
        lines.put(None)


def _failure(events: Sequence[Event], exit_code: int, log: Path) -> JointwiseError:
    """Return why there is no result."""
    error = next((event for event in events if isinstance(event, Error)), None)
    if error is not None and error.code == "cancelled":
        return WorkerError("The estimate of this video was stopped from outside.")
    if error is not None:
        kind = NobodyFoundError if error.code == NobodyFoundError.code else WorkerError
        return kind(error.message, error.hint)
    if exit_code < 0 or exit_code > 128:
        number = -exit_code if exit_code < 0 else exit_code - 128
        memory = " Memory may have run out: try fewer --jobs." if number == 9 else ""
        return WorkerError(f"The estimate's process was ended by signal {number}.", memory.strip())
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = f": {said[-1].rstrip('.')}" if said else ""
    return WorkerError(f"The estimate's process ended without a result (exit code {exit_code}){last}.")
