"""Exported files appear whole or not at all: made in a folder beside, then moved."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import OutputError


@contextmanager
def whole_export(path: Path) -> Iterator[Path]:
    """Give a path of the same name in a new folder to write to; what stands there afterwards is moved beside `path`.

    Whole folders too: some formats write several files. The one that was asked for is moved last.

    Raises:
        OutputError: the folder is missing or cannot be written, or the writer failed or wrote nothing.
    """
    if not path.parent.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist.", "Make it first, or choose another one.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Choose another name for the file.")
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.stem[:24]}.", suffix=".partial"))
        yield folder / path.name
        _move_all(folder, path)
    except (OSError, RuntimeError) as error:
        raise OutputError(f"{path} cannot be written ({_first_line(error)}).", "Choose another folder.") from error
    finally:
        if folder is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)


def _move_all(folder: Path, path: Path) -> None:
    if not (folder / path.name).is_file():
        raise OutputError(f"{path} was not written: Blender's exporter made no file.")
    for item in sorted(folder.iterdir(), key=lambda item: item.name == path.name):
        item.replace(path.with_name(item.name))


def _first_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).strip().splitlines()[-1] if str(text).strip() else type(error).__name__
