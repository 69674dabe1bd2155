"""One process at a time: a lock on a file, so that two runs of dev.py do not make the same thing at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .console import say
from .layout import IS_WINDOWS


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if IS_WINDOWS:
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock named by the path; waits for another process that holds it. Freed when the process ends, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if not _try_lock(file):
            say(f"Waiting for another dev.py that holds {path.name} ...")
            while not _try_lock(file):
                time.sleep(0.5)
        yield
