"""Files that appear whole or not at all: written beside, then renamed. Contract file, standard library only."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .errors import OutputError

LONGEST_PREFIX: Final = 24
"""Letters of the file's name in that of the partial one, which must not become too long for the file system."""

_unfinished: set[Path] = set()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; rename it to `path` when the block ends well, remove it when it does not.

    Raises:
        OutputError: the folder does not exist or cannot be written, or the disk is full.
    Note: only a process that is killed while it writes leaves the partial file, .NAME.LETTERS.partial.SUFFIX.
    """
    prefix = f".{path.stem[:LONGEST_PREFIX]}."
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=f".partial{path.suffix}")
        os.close(handle)
    except OSError as error:
        raise OutputError(
            f"The folder {path.parent} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error
    partial = Path(name)
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
        partial.unlink(missing_ok=True)
        _unfinished.discard(partial)


def remove_unfinished_files() -> None:
    """Remove what is being written, for a process that ends at once while a thread still writes."""
    for partial in tuple(_unfinished):
        with contextlib.suppress(OSError):
            partial.unlink()


def _current_umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    umask = os.umask(0)
    os.umask(umask)
    return umask
