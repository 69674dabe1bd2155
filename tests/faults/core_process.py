"""A real core process under bad conditions, and what it may leave behind."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from core.errors import JointwiseError
from core.motion import load_motion

ROOT = Path(__file__).resolve().parents[2]
EXCERPT = ROOT / "tests" / "data" / "walk_excerpt.mp4"
LONGEST_RUN_S = 180
SHORT = ("--end", "5", "--quality", "fast", "--json")


@dataclass(frozen=True)
class Fault:
    """One thing done to the core, whether all went as it must, and the words to it."""

    name: str
    survived: bool
    words: str = ""


def start(arguments: list, **options) -> subprocess.Popen:
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"} | options.pop("env", {})
    prefix = options.pop("prefix", [sys.executable, "-m", "core"])
    return subprocess.Popen(
        [*prefix, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**environ, "PYTHONPATH": str(ROOT)},
        **{"cwd": ROOT, **options},
    )


def estimate_arguments(output: Path | str, *more: object) -> list:
    return ["estimate", EXCERPT, "--output", output, *SHORT, *more]


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    """Return exit code, the last event's type or message, and stderr; a process that hangs is a failure."""
    try:
        stdout, stderr = process.communicate(timeout=LONGEST_RUN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return -999, "it hangs", ""
    last = [line for line in stdout.splitlines() if line.startswith("{")][-1:]
    event = json.loads(last[0]) if last else {}
    return process.returncode, event.get("message") or event.get("type", ""), stderr


def faults_of_folder(folder: Path, allowed: tuple[str, ...], may_have_partial: bool) -> list[str]:
    """Return what is wrong with a folder of outputs: half files under their own name, and anything else."""
    wrong = []
    for path in sorted(folder.rglob("*")):
        is_partial = path.name.startswith(".") and ".partial." in path.name
        if path.name in allowed:
            wrong += _whole(path)
        elif not path.is_dir() and not (is_partial and may_have_partial):
            wrong.append(f"{path.name} is left")
    return wrong


def _whole(path: Path) -> list[str]:
    if path.suffix != ".npz":
        import cv2

        return [] if cv2.VideoCapture(str(path)).read()[0] else [f"{path.name} is half"]
    try:
        load_motion(path)
    except JointwiseError as error:
        return [str(error)]
    return []
