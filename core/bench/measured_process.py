"""A process with its wall time and its largest memory, children included."""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import EngineError

SAMPLE_S: Final = 0.05


@dataclass(frozen=True)
class Measured:
    """What a process took; `peak_mb` is None where the system does not say (it does on Linux)."""

    wall_s: float
    peak_mb: float | None
    stdout: str


def measure(command: Sequence[str], folder: Path) -> Measured:
    """Run a program to its end.

    Raises:
        EngineError: it cannot be started, or fails.
    """
    started_s = time.perf_counter()
    try:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    except OSError as error:
        raise EngineError(f"{command[0]} cannot be started ({error.strerror}).", "Check its path.") from error
    peak_kb = [0]
    watch = threading.Thread(target=_watch, args=(process, peak_kb), daemon=True)
    watch.start()
    stdout, stderr = process.communicate()
    wall_s = time.perf_counter() - started_s
    watch.join()
    if process.returncode:
        last_line = (stderr.strip().splitlines() or ["no message"])[-1]
        raise EngineError(f"{' '.join(command[:4])} failed: {last_line}")
    return Measured(wall_s, peak_kb[0] / 1024 or None, stdout)


def _watch(process: "subprocess.Popen[str]", peak_kb: list[int]) -> None:
    """Thread: keep the largest sum of resident memory of the process and its descendants."""
    if not sys.platform.startswith("linux"):
        return
    while process.returncode is None:
        peak_kb[0] = max(peak_kb[0], resident_kb(process.pid))
        time.sleep(SAMPLE_S)


def resident_kb(pid: int) -> int:
    """Return the resident memory of a process and its descendants now, on Linux; 0 for one that has ended."""
    total, waiting = 0, [pid]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        try:
            status = (folder / "status").read_text(encoding="ascii", errors="replace")
            children = [path.read_text(encoding="ascii") for path in folder.glob("task/*/children")]
        except OSError:
            continue
        lines = (line.split() for line in status.splitlines() if line.startswith("VmRSS:"))
        total += sum(int(words[1]) for words in lines)
        waiting += [int(child) for text in children for child in text.split()]
    return total
