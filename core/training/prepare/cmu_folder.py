"""Which recordings lie in a folder of CMU motions: their skeleton, subject, description, frame rate and split."""

import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import MotionDataError

_NUMBERED_NAME: Final = re.compile(r"0*(\d+)_0*(\d+)")
_INDEX_LINE: Final = re.compile(r"\s*0*(\d+)_0*(\d+)[\s,;:]+(\S.*)")

SUBJECT_FRAME_RATE_HZ: Final = {60: 60.0, 61: 60.0}
"""The salsa couple was recorded at 60 Hz; AMC files say nothing and the BVH headers wrongly say 120."""

FIRST_UNNUMBERED_SUBJECT: Final = 1000
"""Recordings whose name holds no subject count by folder, from this number on."""

VAL_SUBJECTS: Final = frozenset({3, 7, 13, 14, 131})
TEST_SUBJECTS: Final = frozenset({2, 49, 88, 90, 94})
_TRAIN_SUBJECTS: Final = frozenset({1, 5, 6, 11, 12, 35, 60, 61, 135})
"""Fixed, so that figures compare with those of the weights that ship; other subjects are dealt out by number."""


@dataclass(frozen=True)
class Recording:
    """One file to convert.

    Attributes:
        path: an .amc or .bvh file.
        name: `02_05` as in the database, or folder and file name where it has no such number.
        subject: the database's number, or one from 1000 on.
        description: from an index file in the folder; may be empty.
        frame_rate_hz: where the file itself does not say it, or says it wrongly.
    """

    path: Path
    name: str
    subject: int
    description: str
    frame_rate_hz: float | None


def find_recordings(folder: Path) -> list[Recording]:
    """Return all recordings below a folder, by name; one that is there both as AMC and BVH counts once, as AMC.

    Raises:
        MotionDataError: the folder is missing or holds no motions.
    """
    if not folder.is_dir():
        raise MotionDataError(f"The folder {folder} does not exist; CMU's .asf/.amc or .bvh files were expected there.")
    motions = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".amc", ".bvh") and path.is_file())
    if not motions:
        raise MotionDataError(
            f"{folder} holds no .amc and no .bvh file.",
            "Unpack the archive of the database (or of one of its BVH conversions) there.",
        )
    descriptions = _descriptions(folder)
    found: dict[str, Recording] = {}
    # AMC before BVH, so that the first of a name stays.
    for path in sorted(motions, key=lambda path: path.suffix.lower()):
        recording = _recording(path, folder, descriptions)
        found.setdefault(recording.name, recording)
    return [found[name] for name in sorted(found)]


def skeleton_of(recording: Recording) -> Path:
    """Return the .asf beside an .amc: its subject's, else the only one there.

    Raises:
        MotionDataError: there is none, or several and none of this subject.
    """
    folder = recording.path.parent
    beside = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".asf")
    own = [path for path in beside if path.stem.lstrip("0") == str(recording.subject)]
    if own or len(beside) == 1:
        return (own or beside)[0]
    raise MotionDataError(f"{recording.path} has no skeleton: {recording.subject:02}.asf was expected in {folder}.")


def split_of(subject: int, val_subjects: Collection[int] | None, test_subjects: Collection[int] | None) -> str:
    """Return `train`, `val` or `test`; one subject never stands on two sides.

    Args:
        subject: its number.
        val_subjects, test_subjects: chosen by the user; None for the fixed rule.
    """
    if val_subjects is not None or test_subjects is not None:
        return "test" if subject in (test_subjects or ()) else "val" if subject in (val_subjects or ()) else "train"
    if subject in VAL_SUBJECTS | TEST_SUBJECTS | _TRAIN_SUBJECTS:
        return "val" if subject in VAL_SUBJECTS else "test" if subject in TEST_SUBJECTS else "train"
    share = zlib.crc32(str(subject).encode()) % 10
    return "test" if share == 0 else "val" if share == 1 else "train"


def _recording(path: Path, folder: Path, descriptions: dict[tuple[int, int], str]) -> Recording:
    match = _NUMBERED_NAME.match(path.stem)
    if match:
        subject, trial = int(match[1]), int(match[2])
        name, description = f"{subject:02}_{trial:02}", descriptions.get((subject, trial), "")
    else:
        place = path.parent.relative_to(folder)
        subject = FIRST_UNNUMBERED_SUBJECT + zlib.crc32(place.as_posix().encode()) % 9000
        name, description = "_".join([*place.parts, path.stem]), ""
    return Recording(path, name, subject, description, SUBJECT_FRAME_RATE_HZ.get(subject))


def _descriptions(folder: Path) -> dict[tuple[int, int], str]:
    """Return (subject, trial) -> text, from lines such as `02_05<tab>punch/strike` in text files of the folder."""
    found: dict[tuple[int, int], str] = {}
    for path in sorted([*folder.glob("*.txt"), *folder.glob("*.csv"), *folder.glob("*/*index*.txt")]):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _INDEX_LINE.match(line)
            if match:
                found.setdefault((int(match[1]), int(match[2])), match[3].strip())
    return found
