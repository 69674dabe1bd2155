"""What results are called, and whether they can be written there, asked before any work is done."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .errors import OptionError, OutputError


def person_path(output: Path, rank: int) -> Path:
    """Return the file of a further person, named after their rank: OUT_person2.npz; the first one's is OUT.npz."""
    return output.with_name(f"{output.stem}_person{rank}{output.suffix}")


def check_output(path: Path, suffix: str, inputs: Iterable[Path]) -> None:
    """Raise unless a file of this name could be written there now.

    Args:
        suffix: how the name must end, such as `.npz`.
        inputs: files that must not be overwritten: the user's footage, above all.
    Raises:
        OptionError: the name ends otherwise, or the file is one of the inputs.
        OutputError: there is no such folder, it cannot be written, or the name is a folder's or too long.
    """
    if path.suffix.lower() != suffix:
        raise OptionError(f"The output {path.name} must end in {suffix}.")
    _check_name(path)
    for source in inputs:
        if _is_same_file(path, source):
            raise OptionError(f"The output {path} would overwrite the input {source.name}.", "Choose another name.")
    try:
        # One without a name where the system has that: a kill right here leaves nothing.
        with tempfile.TemporaryFile(dir=path.parent, prefix=".jointwise-"):
            pass
    except OSError as error:
        raise OutputError(
            f"The folder {path.parent} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error


def _check_name(path: Path) -> None:
    try:
        if not path.parent.is_dir():
            raise OutputError(f"The folder {path.parent} does not exist.", "Make it first, or choose another one.")
        # Unlike `exists`, this also fails for a name that the file system does not take.
        os.lstat(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).", "Choose another name or folder.") from error
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Give the name of a file.")


def _is_same_file(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
