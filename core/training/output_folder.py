"""The folder that a training writes to."""

from pathlib import Path

from ..errors import OutputError


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it; OutputError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}).") from error
