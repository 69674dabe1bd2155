"""Kills and signals at random moments: what has a name is whole, and the next run puts all in order."""

import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.short_videos import cut_walk

from .core_process import Fault, ended, estimate_arguments, faults_of_folder, start

RUNS_BETWEEN_CHECKS = 10


def kill_estimates(folder: Path, count: int, rng: random.Random) -> Iterator[Fault]:
    """Kill an estimate with overlay at `count` moments, half of them while something is being written."""
    arguments = estimate_arguments(folder / "out.npz", "--overlay", folder / "out.mp4")
    names = ("out.npz", "out.mp4")
    started_s = time.monotonic()
    yield _whole_run(arguments, folder, names)
    lasts_s = time.monotonic() - started_s
    for number in range(count):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        process = start(arguments)
        if number % 2:
            _wait_for_partial(process, folder, rng.uniform(0, lasts_s / 5))
        else:
            time.sleep(rng.uniform(0, lasts_s))
        process.kill()
        process.communicate()
        wrong = faults_of_folder(folder, names, may_have_partial=True)
        yield Fault("kill -9 of an estimate", not wrong, "; ".join(wrong))
        if number % RUNS_BETWEEN_CHECKS == RUNS_BETWEEN_CHECKS - 1 or number == count - 1:
            yield _whole_run(arguments, folder, names)


def _whole_run(arguments: list, folder: Path, names: tuple[str, ...]) -> Fault:
    code, words, stderr = ended(start(arguments))
    wrong = faults_of_folder(folder, names, may_have_partial=False)
    wrong += [] if code == 0 else [f"{code} {words} {stderr}"]
    return Fault("the run after it", not wrong and (folder / names[0]).exists(), "; ".join(wrong))


def _wait_for_partial(process, folder: Path, longer_s: float) -> None:
    while process.poll() is None and not list(folder.glob(".*.partial*")):
        time.sleep(0.002)
    time.sleep(min(longer_s, 0.5))


def signal_estimates(folder: Path, count: int, rng: random.Random) -> Iterator[Fault]:
    """SIGINT and SIGTERM at random moments: cancelled or done, nothing partial, soon."""
    for number in range(count):
        process = start(estimate_arguments(folder / "out.npz"))
        # Before Python has set its handlers a signal ends it at once, which leaves nothing either.
        time.sleep(rng.uniform(0.3, 4))
        asked_s = time.monotonic()
        process.send_signal((signal.SIGINT, signal.SIGTERM)[number % 2])
        code, words, stderr = ended(process)
        took_s = time.monotonic() - asked_s
        wrong = faults_of_folder(folder, ("out.npz",), may_have_partial=False)
        fine = not wrong and code in (0, 130, -15, -2) and took_s < 30 and "Traceback" not in stderr
        yield Fault("SIGINT and SIGTERM", fine, f"{code} {words} {wrong} {stderr[-300:]}")
        (folder / "out.npz").unlink(missing_ok=True)


def kill_batches(folder: Path, count: int, rng: random.Random) -> Iterator[Fault]:
    """Kill a batch, then resume it: all videos are done, whole, and those that were done stay untouched."""
    videos, output = folder / "videos", folder / "output"
    for number in range(2):
        cut_walk(videos / f"walk{number}.mp4", 10 * number, 4)
    arguments = ["batch", videos, "--output", output, "--quality", "fast", "--json"]
    names = ("walk0.npz", "walk1.npz")
    for _ in range(count):
        shutil.rmtree(output, ignore_errors=True)
        process = start(arguments, start_new_session=True)
        time.sleep(rng.uniform(1, 12))
        process.kill()
        process.communicate()
        before = {path: path.stat().st_mtime_ns for name in names if (path := output / name).exists()}
        wrong = [] if all(not faults_of_folder(path, (), True) for path in before) else ["half"]
        code, words, stderr = ended(start(arguments))
        shown = [path for path in output.rglob("*.npz") if path.name not in names]
        missing = [name for name in names if not (output / name).exists()]
        touched = [path.name for path, stamp in before.items() if path.stat().st_mtime_ns != stamp]
        fine = code == 0 and not (wrong or shown or missing)
        yield Fault("kill -9 of a batch", fine, f"{code} {words} {shown} {missing} {touched} {stderr[-300:]}")
