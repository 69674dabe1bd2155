"""How dev.py talks and starts other programs: always on stderr, so that stdout stays the core's."""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from .layout import DEV_FOLDER, ROOT


class SetupError(Exception):
    """Something that dev.py needs cannot be had; the message says what to do."""


def say(message: str) -> None:
    """Print one line for the person at the keyboard."""
    print(message, file=sys.stderr, flush=True)


def environ_with(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables for a child: quiet pip, no leftovers of another Python."""
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH"}}
    return {**environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", **(changes or {})}


def run_logged(command: Sequence[str | Path], log_name: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a program quietly, keep its output in .dev/logs, and return that output.

    Raises:
        SetupError: it failed; carries the last lines of its output.
    """
    log = DEV_FOLDER / "logs" / f"{log_name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        code = subprocess.call(
            [str(part) for part in command],
            cwd=ROOT,
            env=environ_with(environ),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    if code != 0:
        with log.open(encoding="utf-8", errors="replace") as file:
            tail = "".join(deque(file, maxlen=15)).rstrip()
        raise SetupError(f"{tail}\n{log_name} failed (exit code {code}); the whole output is in {log}.")
    return log.read_text(encoding="utf-8", errors="replace")


def run_through(
    command: Sequence[str | Path], environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> int:
    """Run a program that talks for itself and return its exit code; Ctrl+C is left to the program."""
    process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=environ_with(environ))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has sent the signal to the child as well, and the child decides how to end.
            continue
