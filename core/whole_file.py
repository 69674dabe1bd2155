"""Files that appear whole or not at all: written beside, then renamed. Contract file, standard library only."""

import contextlib
import glob
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .errors import OutputError

if sys.platform != "win32":
    import fcntl

LONGEST_PREFIX: Final = 24
"""Letters of the file's name in that of the partial one, which must not become too long for the file system."""

ABANDONED_AFTER_S: Final = 24 * 3600
"""Where a lock cannot tell, a partial file of this age is nobody's any more."""

_ATTEMPTS: Final = 20

_unfinished: set[Path] = set()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; rename it to `path` when the block ends well, remove it when it does not.

    Raises:
        OutputError: the folder does not exist or cannot be written, or the disk is full.
    Note: only a process that is killed while it writes leaves the partial file, .NAME.LETTERS.partial.SUFFIX; the next
        one that writes the same name there removes it.
    """
    prefix, suffix = f".{path.stem[:LONGEST_PREFIX]}.", f".partial{path.suffix}"
    _remove_abandoned(path.parent, prefix, suffix)
    try:
        partial, handle = _make_partial(path.parent, prefix, suffix)
    except OSError as error:
        raise OutputError(
            f"The folder {path.parent} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error
    _unfinished.add(partial)
    try:
        yield partial
        # mkstemp makes files that only their owner can read; a result is an ordinary file.
        partial.chmod(0o666 & ~_current_umask())
        partial.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}).", "Free some space, or choose another folder."
        ) from error
    finally:
        if handle is not None:
            os.close(handle)
        with contextlib.suppress(OSError):
            partial.unlink()
        _unfinished.discard(partial)


def remove_unfinished_files() -> None:
    """Remove what is being written, for a process that ends at once while a thread still writes."""
    for partial in tuple(_unfinished):
        with contextlib.suppress(OSError):
            partial.unlink()


def _make_partial(folder: Path, prefix: str, suffix: str) -> tuple[Path, int | None]:
    """Return a new file, and the handle whose lock says that its writer lives; no handle where there are no locks."""
    for _ in range(_ATTEMPTS):
        handle, name = tempfile.mkstemp(dir=folder, prefix=prefix, suffix=suffix)
        # Windows renames no file that is open.
        if sys.platform == "win32":
            os.close(handle)
            return Path(name), None
        # Another process may have taken the new file for an abandoned one before the lock was there.
        if _lock(handle) is not False and Path(name).exists():
            return Path(name), handle
        os.close(handle)
    raise OSError(0, "its partial files vanish")


def _remove_abandoned(folder: Path, prefix: str, suffix: str) -> None:
    """Remove partial files whose writer was killed; leave those of a process that is writing now."""
    for name in glob.glob(f"{glob.escape(str(folder / prefix))}*{glob.escape(suffix)}"):  # noqa: PTH207  # any letters
        with contextlib.suppress(OSError):
            if _is_abandoned(Path(name)):
                Path(name).unlink()


def _is_abandoned(partial: Path) -> bool:
    if sys.platform != "win32":
        handle = os.open(partial, os.O_RDWR | os.O_NOFOLLOW)
        try:
            is_free = _lock(handle)
        finally:
            os.close(handle)
        if is_free is not None:
            return is_free
    return time.time() - partial.stat().st_mtime > ABANDONED_AFTER_S


def _lock(handle: int) -> bool | None:
    """Return whether the file could be locked; None on a disk without locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _current_umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    umask = os.umask(0)
    os.umask(umask)
    return umask
