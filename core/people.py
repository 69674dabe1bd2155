"""Whom the user wants, out of the tracks that were found."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from .errors import NobodyFoundError, OptionError

_Track = TypeVar("_Track")


def parse_people(people: str) -> tuple[int, ...] | None:
    """Return the 1-based ranks that `--people` names, or None for everyone.

    Raises:
        OptionError: neither `main`, `all`, nor a list of whole numbers from 1.
    """
    if people == "all":
        return None
    if people == "main":
        return (1,)
    parts = [part.strip() for part in people.split(",")]
    if not all(re.fullmatch("[0-9]{1,9}", part) and int(part) > 0 for part in parts):
        raise OptionError(f"--people cannot be '{people}'.", "Use main, all, or numbers such as 1,3.")
    return tuple(dict.fromkeys(int(part) for part in parts))


def choose_people(tracks: Sequence[_Track], people: str, video: Path) -> dict[int, _Track]:
    """Return the wanted tracks by rank, in the wanted order; `tracks` come in order of size times screen time.

    Raises:
        NobodyFoundError: no track at all, or fewer than the wanted number.
    """
    ranks = parse_people(people)
    if not tracks:
        raise NobodyFoundError(
            f"No person was found in {video.name}.", "Check the frame range, and that the person is well visible."
        )
    if ranks is None:
        return dict(enumerate(tracks, start=1))
    if max(ranks) > len(tracks):
        found = "1 person was" if len(tracks) == 1 else f"{len(tracks)} people were"
        raise NobodyFoundError(f"Person {max(ranks)} was asked for, but {found} found in {video.name}.")
    return {rank: tracks[rank - 1] for rank in ranks}


def person_path(output: Path, rank: int) -> Path:
    """Return the file of a further person, named after their rank: OUT_person2.npz; the first one's is OUT.npz."""
    return output.with_name(f"{output.stem}_person{rank}{output.suffix}")
