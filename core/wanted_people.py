"""Whom the user wants, as `--people` says it: the main person, all, or people by rank, by place, or piece by piece."""

import math
import re
from dataclasses import dataclass

from .errors import OptionError
from .protocol import PLACE_REACH_FRAMES, place_text


@dataclass(frozen=True)
class PicturePlace:
    """Where somebody is: x, y in shares of the picture's width and height, in a source frame."""

    frame: int
    x: float
    y: float

    def __str__(self) -> str:
        return place_text(self.frame, self.x, self.y)


@dataclass(frozen=True)
class PersonPiece:
    """What was followed as one person, from source frame `start` up to `end`, exclusive; None for all the rest.

    Attributes:
        who: the 1-based rank of whom was followed, or a place where they are.
    """

    who: int | PicturePlace
    start: int = 0
    end: int | None = None

    def __str__(self) -> str:
        if (self.start, self.end) == (0, None):
            return str(self.who)
        return f"{self.who}[{self.start}:{'' if self.end is None else self.end}]"


WantedPerson = tuple[PersonPiece, ...]
"""One person; of a frame that two pieces have, the one named first is meant."""


def parse_people(people: str) -> tuple[WantedPerson, ...] | None:
    """Return whom `--people` names, or None for everyone.

    Raises:
        OptionError: neither `main`, `all`, nor a list of people: numbers from 1 and places FRAME@X:Y, those of one
            person with + between them, each perhaps with a frame range [FROM:TO].
    """
    if people == "all":
        return None
    if people == "main":
        return ((PersonPiece(1),),)
    wanted = [tuple(_parse_piece(piece.strip()) for piece in person.split("+")) for person in people.split(",")]
    known = [tuple(piece for piece in person if piece is not None) for person in wanted]
    if known != wanted:
        raise OptionError(
            f"--people cannot be '{people}'.",
            "Use main, all, numbers such as 1,3, or places FRAME@X:Y such as 12@0.43:0.61; several pieces of one "
            "person as 12@0.43:0.61[0:45]+60@0.2:0.5[45:], from the first frame up to the last one exclusive.",
        )
    return tuple(dict.fromkeys(known))


def _parse_piece(text: str) -> PersonPiece | None:
    match = re.fullmatch(r"([^\[\]]*)(?:\[([0-9]{0,9}):([0-9]{0,9})\])?", text)
    who = _parse_who(match[1]) if match else None
    if match is None or who is None:
        return None
    start, end = int(match[2] or 0), int(match[3]) if match[3] else None
    return PersonPiece(who, start, end) if end is None or start < end else None


def _parse_who(text: str) -> int | PicturePlace | None:
    if re.fullmatch("[0-9]{1,9}", text):
        return int(text) or None
    share = r"([0-9]{0,3}\.?[0-9]{1,9})"
    match = re.fullmatch(f"([0-9]{{1,9}})@{share}:{share}", text)
    if match is None or max(float(match[2]), float(match[3])) > 1:
        return None
    return PicturePlace(int(match[1]), float(match[2]), float(match[3]))


def check_people(people: str, start: int, end: int | None) -> None:
    """Raise OptionError unless `--people` can be understood and its places lie in or near their frames."""
    for person in parse_people(people) or ():
        for piece in person:
            first = max(start, piece.start)
            stop = min((last for last in (end, piece.end) if last is not None), default=None)
            if isinstance(piece.who, PicturePlace):
                _check_place(piece.who, first, stop)


def _check_place(place: PicturePlace, start: int, end: int | None) -> None:
    if not start - PLACE_REACH_FRAMES <= place.frame < (math.inf if end is None else end + PLACE_REACH_FRAMES):
        raise OptionError(
            f"Somebody is wanted by their place in frame {place.frame}, "
            f"which is not in the frame range {start} to {'the end' if end is None else end}.",
            "Find the people of that range again, or choose a range that holds the frame.",
        )
