"""The events that the core writes on stdout, one JSON object per line, and their encoding.

The add-on decodes the same classes. Fields may be added in later versions; a reader ignores those it does not know.
Cancelling goes the other way: the line `cancel` on the core's stdin.
"""

import dataclasses
import functools
import json
import types
import typing
from dataclasses import dataclass
from typing import Any, Final

PROTOCOL_VERSION: Final = 1
CANCEL_LINE: Final = "cancel"
LARGEST_NUMBER: Final = 2**53
"""Larger ones, and what is not a number, come from no core of ours."""
LONGEST_TEXT: Final = 4096
"""As long as a path may be."""
PLACE_REACH_FRAMES: Final = 15
"""How many frames from that of a place somebody may be seen: another network loses people in other frames."""


@dataclass(frozen=True)
class Hello:
    """First event, within a few seconds of the start."""

    version: str
    protocol: int = PROTOCOL_VERSION


@dataclass(frozen=True)
class Status:
    """Progress of one stage; `frame` of `frame_count` done, `seconds_left` from the tenth frame on.

    The stages of `estimate`, in order: `load` (networks), `skip` (frames before the first), `track`, `estimate`
    (people), `overlay`; later versions may have others. `batch` has one, `batch`, and counts videos.
    """

    stage: str
    frame: int = 0
    frame_count: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True)
class Preview:
    """A picture of how it goes: path of a PNG that the reader may show."""

    path: str
    frame: int


@dataclass(frozen=True)
class Warning:
    """Something the user should know; the work goes on."""

    code: str
    message: str


@dataclass(frozen=True)
class Error:
    """The work ended without a result."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Result:
    """The work is done; paths of the motion files (main person first) and of the overlay video, if any."""

    paths: tuple[str, ...]
    overlay: str | None = None
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class VideoReport:
    """One video of `batch` is settled: the `number`-th of `count`.

    `state` is `done`, `skipped` (done before), `failed` or `nobody found`; `message` says why, or what to know.
    `paths` are its files: the motion files, main person first, and the overlay.
    """

    video: str
    state: str
    number: int
    count: int
    seconds: float = 0.0
    frames: int = 0
    people: int = 0
    message: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """All videos of `batch` are settled, or it was cancelled: how many are in each state, and the files that say so."""

    states: dict[str, int]
    csv: str
    json: str
    seconds: float


@dataclass(frozen=True)
class FoundPerson:
    """One person of a clip, as `people` found them.

    Attributes:
        rank: from 1, in order of size times screen time; `estimate` may rank otherwise, but finds the same place.
        first_frame, last_frame: 0-based source frames, both with the person.
        seconds: screen time, without gaps.
        box_size: median width and height, pixels.
        color: red, green, blue, 0 to 255.
        frame: source frame in which the person is well seen.
        place: x, y of the middle of the hips in that frame, in shares of the picture's width and height from its left
            upper corner.
        thumbnail: path of a PNG, or None.
        sightings: places all through the person's time, for an estimate of other frames, as `estimate --people` takes
            them.
    """

    rank: int
    first_frame: int
    last_frame: int
    seconds: float
    box_size: tuple[int, int]
    color: tuple[int, int, int]
    frame: int
    place: tuple[float, float]
    thumbnail: str | None = None
    sightings: tuple[str, ...] = ()

    @property
    def place_text(self) -> str:
        """The place as `estimate --people` takes it."""
        return place_text(self.frame, *self.place)


def place_text(frame: int, x: float, y: float) -> str:
    """Return a place, in shares of the picture, as `estimate --people` takes it: FRAME@X:Y."""
    return f"{frame}@{x:.4f}:{y:.4f}"


@dataclass(frozen=True)
class People:
    """Everyone whom `people` found, the main person first; the `result` that follows has no paths."""

    people: tuple[FoundPerson, ...]


Event = Hello | Status | Preview | Warning | Error | Result | VideoReport | Summary | People

_EVENT_TYPES: Final[dict[str, type[Any]]] = {
    "hello": Hello,
    "status": Status,
    "preview": Preview,
    "warning": Warning,
    "error": Error,
    "result": Result,
    "video": VideoReport,
    "summary": Summary,
    "people": People,
}
_TYPE_NAMES: Final = {event_type: name for name, event_type in _EVENT_TYPES.items()}


def encode_event(event: Event) -> str:
    """Return the event as one line of JSON without a line break; `type` comes first."""
    return json.dumps({"type": _TYPE_NAMES[type(event)], **dataclasses.asdict(event)}, ensure_ascii=True)


def decode_event(line: str) -> Event | None:
    """Return the event of one line, or None for a line that is not an event (noise of a library, say)."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    event_type = _EVENT_TYPES.get(str(fields.get("type")))
    if event_type is None:
        return None
    try:
        if event_type is People:
            fields = {"people": [_from_fields(FoundPerson, person) for person in fields["people"]]}
        event: Event = _from_fields(event_type, fields)
    except (TypeError, AttributeError, KeyError):
        return None
    return event if _fits(event, event_type) else None


def _from_fields(record_type: type[Any], fields: dict[str, Any]) -> Any:
    """Return a record of the fields that it knows; JSON's lists become tuples, and texts what can be shown."""
    known = {field.name for field in dataclasses.fields(record_type)}
    return record_type(**{name: _plain(value) for name, value in fields.items() if name in known})


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(item) for item in value)
    # Half of a surrogate pair, which JSON can say, makes Blender's interface raise.
    return value[:LONGEST_TEXT].encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of a field's type, all the way down: a panel must be able to count on it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        hints = _type_hints(hint)  # type: ignore[arg-type]
        return isinstance(value, hint) and all(_fits(getattr(value, name), kind) for name, kind in hints.items())  # type: ignore[arg-type]
    if origin is types.UnionType:
        return any(_fits(value, argument) for argument in arguments)
    if origin is tuple:
        items = (arguments[0],) * len(value) if isinstance(value, tuple) and arguments[-1] is ... else arguments
        return isinstance(value, tuple) and len(value) == len(items) and all(map(_fits, value, items))
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, arguments[1]) for item in value.values())
    if hint in (int, float):
        is_number = isinstance(value, int if hint is int else int | float) and not isinstance(value, bool)
        return is_number and abs(value) < LARGEST_NUMBER
    return isinstance(value, hint)


@functools.cache
def _type_hints(record_type: Any) -> dict[str, Any]:
    return typing.get_type_hints(record_type)
