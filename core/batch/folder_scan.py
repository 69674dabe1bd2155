"""Which files of a folder are videos, by their names; nothing is opened."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import VideoError

SUFFIXES: Final = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")


def find_videos(
    folder: Path, is_recursive: bool, left_out: Path, report_unreadable: Callable[[OSError], None]
) -> list[str]:
    """Return the videos' paths relative to `folder`, with forward slashes, in order.

    Links, hidden files and hidden folders are not followed; other things than plain files never count.

    Args:
        left_out: a folder that is not searched: the outputs', which may lie inside.
        report_unreadable: called with what went wrong for each folder inside that cannot be read.
    Raises:
        VideoError: the folder does not exist or cannot be read, or holds no video.
    """
    check_folder(folder)
    found: list[str] = []
    for place, folders, files in os.walk(folder, onerror=report_unreadable, followlinks=False):
        here = Path(place)
        folders[:] = [name for name in folders if is_recursive and _is_searched(here / name, left_out)]
        found += [(here / name).relative_to(folder).as_posix() for name in files if _is_video(here / name)]
    if not found:
        hint = "" if is_recursive else " --recursive looks into its folders, too."
        kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
        raise VideoError(f"The folder {folder} holds no videos.", f"Videos are files that end in {kinds}.{hint}")
    return sorted(found)


def check_folder(folder: Path) -> None:
    """Raise VideoError unless this is a folder that can be read."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise VideoError(f"The folder {folder} cannot be read ({error.strerror}).", "Check the path.") from error


def _is_searched(folder: Path, left_out: Path) -> bool:
    return folder != left_out and _is_plainly(stat.S_ISDIR, folder)


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and _is_plainly(stat.S_ISREG, path)


def _is_plainly(is_kind: Callable[[int], bool], path: Path) -> bool:
    """Return whether this is a file or folder itself, not a link to one, and not hidden."""
    try:
        found = path.lstat()
    except OSError:
        return False
    # The attribute exists on Windows alone.
    is_hidden = getattr(found, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return is_kind(found.st_mode) and not is_hidden and not path.name.startswith(".")
