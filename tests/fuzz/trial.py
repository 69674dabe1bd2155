"""One input, tried in this process: what became of it, which lines of the product it reached, what it left behind."""

import os
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .addon import is_ours
from .inputs import Kind

ROOT = str(Path(__file__).resolve().parents[2])
PRODUCT = (str(Path(ROOT, "core")), str(Path(ROOT, "blender_addon")))
LONGEST_SENTENCE = 9000
"""Letters: two texts as long as the protocol lets them be."""
ALLOWED_LEFT = frozenset({"imported", "saved"})
"""Folders in which a consumer puts whole files."""


@dataclass(frozen=True)
class Outcome:
    """`accepted`, `refused` or `failed`, the words to it, and the product's lines as hashes."""

    verdict: str
    words: str = ""
    lines: frozenset[int] = frozenset()


def try_input(kind: Kind, path: Path) -> Outcome:
    """Let the product read a file; everything but success and an error of ours in one sentence is a failure."""
    reached: set[int] = set()
    before = {entry.name for entry in path.parent.iterdir()}
    os.chdir(path.parent)
    try:
        with _traced(reached) if kind.is_guided else _untraced():
            kind.consume(path)
        outcome = Outcome("accepted")
    except Exception as error:
        outcome = _judged(error)
    left = _left_behind(path.parent, before)
    if left and outcome.verdict != "failed":
        outcome = Outcome("failed", f"left behind: {', '.join(left)}")
    return Outcome(outcome.verdict, outcome.words, frozenset(reached))


def _judged(error: Exception) -> Outcome:
    words = str(error)
    if not is_ours(error):
        return Outcome("failed", f"{type(error).__name__}: {words[:300]} at {_place(error)}")
    if not words.strip() or len(words) > LONGEST_SENTENCE or "Traceback" in words or "\n" in words:
        return Outcome("failed", f"no clear sentence ({len(words)} characters): {words[:300]!r}")
    return Outcome("refused", words)


def _place(error: BaseException) -> str:
    """Return the innermost line of the product."""
    traceback, place = error.__traceback__, "?"
    while traceback:
        file = traceback.tb_frame.f_code.co_filename
        if file.startswith(PRODUCT) or "tests/fuzz" in file:
            place = f"{os.path.relpath(file, ROOT)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _left_behind(folder: Path, before: set[str]) -> list[str]:
    """Return what a trial should not have made: partial files anywhere, anything at all beside the allowed folders."""
    found = [entry.name for entry in folder.iterdir() if entry.name not in before and entry.name not in ALLOWED_LEFT]
    found += [entry.name for name in ALLOWED_LEFT for entry in (folder / name).glob(".*partial*")]
    return found + [name for name in ("canary", "canary.npy") if (folder.parent / name).exists()]


@contextmanager
def _traced(reached: set[int]) -> Iterator[None]:
    """Note the lines of the product that run in this thread, each once a call."""

    def trace_line(frame, event, _argument):
        if event == "line":
            reached.add(zlib.crc32(f"{frame.f_code.co_filename}:{frame.f_lineno}".encode()))
        return trace_line

    def trace_call(frame, _event, _argument):
        return trace_line if frame.f_code.co_filename.startswith(PRODUCT) else None

    assert threading.current_thread() is threading.main_thread()
    sys.settrace(trace_call)
    try:
        yield
    finally:
        sys.settrace(None)


@contextmanager
def _untraced() -> Iterator[None]:
    yield
