"""What a listed person is made of: pieces of what the core followed, to be split and joined. Imports no bpy."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby, pairwise

from ...core.errors import OptionError
from ...core.protocol import PLACE_REACH_FRAMES, FoundPerson

Span = tuple[int, int]
"""First and last source frame of a stretch without a gap."""


@dataclass(frozen=True)
class Piece:
    """Somebody who was followed, from source frame `start` up to `end`, exclusive; None for all the rest.

    Attributes:
        track: rank of whom the core followed.
        track_spans: the stretches in which the core followed them, in order.
        track_places: frames and where in their pictures they are, as the core takes them: FRAME@X:Y, the best first.
        track_pictures: frame and key of each picture, the best first.
    """

    track: int
    start: int
    end: int | None
    track_spans: tuple[Span, ...]
    track_places: tuple[str, ...]
    track_pictures: tuple[tuple[int, str], ...]

    @property
    def stop(self) -> float:
        """The end as a number."""
        return math.inf if self.end is None else self.end

    @property
    def is_whole(self) -> bool:
        """True for all that was followed."""
        return self.start == 0 and self.end is None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The stretches of the piece."""
        return tuple(
            (max(first, self.start), int(min(last, self.stop - 1)))
            for first, last in self.track_spans
            if last >= self.start and first < self.stop
        )

    @property
    def pictures(self) -> tuple[str, ...]:
        """Keys of the pictures that show the piece."""
        return tuple(key for frame, key in self.track_pictures if self.start <= frame < self.stop)

    def cut(self, start: int, end: float) -> "Piece | None":
        """Return what lies from `start` up to `end`; None where the person is not seen there."""
        stop = min(end, self.stop)
        part = replace(self, start=max(start, self.start), end=None if math.isinf(stop) else int(stop))
        return part if part.start < part.stop and part.spans else None

    def place(self, start: int = 0, end: float = math.inf) -> str | None:
        """Return the best place of the piece in the frames from `start` up to `end`, or nearly."""
        first, stop = max(start, self.start), min(end, self.stop)
        for margin in (0, PLACE_REACH_FRAMES):
            for place in self.track_places:
                if first - margin <= int(place.partition("@")[0]) < stop + margin:
                    return place
        return None

    def describe(self, start: int, end: float) -> str | None:
        """Return the piece as the core takes it, for an estimate of some frames; None where it is not seen in them."""
        place = self.place(start, end)
        if place is None or self.is_whole:
            return place
        return f"{place}[{self.start}:{'' if self.end is None else self.end}]" if self.cut(start, end) else None


Pieces = tuple[Piece, ...]
"""One person's, in order of time."""


def whole_person(person: FoundPerson, pictures: Sequence[tuple[int, str]]) -> Pieces:
    """Return somebody as the core found them; `pictures` are frames and keys."""
    spans = person.spans or ((person.first_frame, person.last_frame),)
    places = tuple(dict.fromkeys([person.place_text, *person.sightings]))
    return (Piece(person.rank, 0, None, spans, places, tuple(pictures)),)


def frame_range(pieces: Pieces) -> Span:
    """Return the first and last frame in which somebody is seen."""
    return pieces[0].spans[0][0], pieces[-1].spans[-1][1]


def frame_count(pieces: Pieces) -> int:
    """Return in how many frames somebody is seen."""
    return sum(last - first + 1 for piece in pieces for first, last in piece.spans)


def split_person(pieces: Pieces, frame: int) -> tuple[Pieces, Pieces]:
    """Return what is before a frame, and what is from it on.

    Raises:
        OptionError: the frame is not inside the person's time, or one side is too short to be found again.
    """
    before = tuple(part for piece in pieces if (part := piece.cut(0, frame)))
    after = tuple(part for piece in pieces if (part := piece.cut(frame, math.inf)))
    if not before or not after:
        first, last = frame_range(pieces)
        raise OptionError(
            f"Frame {frame} of the video is not inside this person's time, which is frame {first} to {last}.",
            "Go to the frame from which on the wrong one is followed.",
        )
    if any(piece.place() is None for piece in (*before, *after)):
        raise OptionError(
            f"Frame {frame} of the video is too near to the end of a stretch of this person's time.",
            "Go to a frame that is half a second further inside.",
        )
    return before, after


def join_people(people: Sequence[Pieces]) -> Pieces:
    """Return the pieces of several people as those of one; a gap between two goes to both by halves.

    Raises:
        OptionError: two of them are seen in the same frame.
    """
    pieces = [piece for person in people for piece in person]
    parts = sorted((span, index) for index, piece in enumerate(pieces) for span in piece.spans)
    for (former, _), (span, _) in pairwise(parts):
        if span[0] <= former[1]:
            raise OptionError(
                f"They cannot be one person: both are seen in frame {span[0]} of the video.",
                "Split one of them first, where the wrong one begins to be followed.",
            )
    runs = [(pieces[index], [span for span, _ in run]) for index, run in groupby(parts, key=lambda part: part[1])]
    cuts = [0.0, *(_cut_between(*former, *later) for former, later in pairwise(runs)), math.inf]
    joined: list[Piece] = []
    for (piece, _), (start, end) in zip(runs, pairwise(cuts), strict=True):
        part = piece.cut(int(start), end)
        assert part is not None
        if joined and (joined[-1].track, joined[-1].end) == (part.track, part.start):
            joined[-1] = replace(joined[-1], end=part.end)
        else:
            joined.append(part)
    return tuple(joined)


def _cut_between(former: Piece, former_spans: list[Span], later: Piece, later_spans: list[Span]) -> float:
    """Return the frame at which one run of spans ends for the later one: where they were split, or midway."""
    if former.end == later.start:
        return later.start
    return (former_spans[-1][1] + later_spans[0][0] + 1) // 2


def encode_pieces(pieces: Pieces) -> str:
    """Return the pieces as text."""
    return json.dumps([asdict(piece) for piece in pieces])


def decode_pieces(text: str) -> Pieces:
    """Return the pieces of a text that `encode_pieces` made."""
    return tuple(
        Piece(
            int(fields["track"]),
            int(fields["start"]),
            None if fields["end"] is None else int(fields["end"]),
            tuple((first, last) for first, last in fields["track_spans"]),
            tuple(fields["track_places"]),
            tuple((frame, key) for frame, key in fields["track_pictures"]),
        )
        for fields in json.loads(text)
    )
