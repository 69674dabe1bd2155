"""Sentences for missing and half-unpacked data: which path was looked at, and what was expected there."""

from collections.abc import Sequence
from pathlib import Path

from ...errors import MotionDataError


def require_folder(folder: Path, expected: str) -> Path:
    """Return a folder that exists.

    Args:
        folder: where the data set should lie.
        expected: what should be in it, as the end of a sentence.
    Raises:
        MotionDataError: it does not exist.
    """
    if not folder.is_dir():
        raise MotionDataError(f"The folder {folder} does not exist; {expected} was expected there.")
    return folder


def require_files(folder: Path, pattern: str, expected: str) -> list[Path]:
    """Return the sorted files of a folder that fit a pattern.

    Raises:
        MotionDataError: the folder does not exist, or holds none.
    """
    require_folder(folder, expected)
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not files:
        raise MotionDataError(f"{folder} holds no {pattern}; {expected} was expected there.")
    return files


def require_file_count(folder: Path, pattern: str, needed: int, expected: str) -> None:
    """Refuse a folder that was not downloaded or unpacked completely.

    Args:
        needed: how many files the published data set has there.
        expected: what they are, as the end of a sentence.
    Raises:
        MotionDataError: the folder does not exist, or holds fewer.
    """
    found = len(require_files(folder, pattern, expected))
    if found < needed:
        raise MotionDataError(
            f"{folder} holds {found} of the {needed} files of {expected}; the download may not be complete.",
            "To go on with a part of the data, set allow_partial = true in the table [data] of the configuration.",
        )


def require_content(files: Sequence[Path]) -> None:
    """Refuse files of no bytes, which a download that was cut off leaves behind.

    Raises:
        MotionDataError: names the first of them.
    """
    empty = [path for path in files if not path.stat().st_size]
    if empty:
        others = f" and {len(empty) - 1} more of its folder are" if len(empty) > 1 else " is"
        raise MotionDataError(f"{empty[0]}{others} empty; the download may not be complete.", "Download it again.")


def require_image_count(folder: Path, found: int, needed: int, tolerance: int = 0) -> None:
    """Refuse a folder of pictures that was not unpacked completely.

    Args:
        tolerance: so many may lack.
    Raises:
        MotionDataError: it holds fewer pictures than frames are annotated.
    """
    if found + tolerance < needed:
        raise MotionDataError(
            f"{folder} holds {found} of the {needed} annotated frames; the archive may not be unpacked completely.",
            "Unpack it again.",
        )


def require_images(folder: Path, names: Sequence[str]) -> None:
    """Refuse a folder in which pictures are missing, be it in the middle.

    Args:
        names: of all pictures that are needed.
    Raises:
        MotionDataError: not all of them are there; names the first that is missing.
    """
    # One look at the folder: there are thousands of pictures.
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    missing = [name for name in names if name not in present]
    if missing:
        raise MotionDataError(
            f"{folder} holds {len(names) - len(missing)} of the {len(names)} annotated frames, and {missing[0]} does "
            "not exist; the archive may not be unpacked completely.",
            "Unpack it again.",
        )
