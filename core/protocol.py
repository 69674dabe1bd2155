"""The events that the core writes on stdout, one JSON object per line, and their encoding.

The add-on decodes the same classes. Fields may be added in later versions; a reader ignores those it does not know.
Cancelling goes the other way: the line `cancel` on the core's stdin.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Final

PROTOCOL_VERSION: Final = 1
CANCEL_LINE: Final = "cancel"


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


Event = Hello | Status | Preview | Warning | Error | Result | VideoReport | Summary

_EVENT_TYPES: Final[dict[str, type[Any]]] = {
    "hello": Hello,
    "status": Status,
    "preview": Preview,
    "warning": Warning,
    "error": Error,
    "result": Result,
    "video": VideoReport,
    "summary": Summary,
}
_TYPE_NAMES: Final = {event_type: name for name, event_type in _EVENT_TYPES.items()}


def encode_event(event: Event) -> str:
    """Return the event as one line of JSON without a line break; `type` comes first."""
    return json.dumps({"type": _TYPE_NAMES[type(event)], **dataclasses.asdict(event)}, ensure_ascii=True)


def decode_event(line: str) -> Event | None:
    """Return the event of one line, or None for a line that is not an event (noise of a library, say)."""
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    event_type = _EVENT_TYPES.get(str(fields.get("type")))
    if event_type is None:
        return None
    known = {field.name for field in dataclasses.fields(event_type)}
    arguments = {name: value for name, value in fields.items() if name in known}
    if isinstance(arguments.get("paths"), list):
        arguments["paths"] = tuple(arguments["paths"])
    try:
        event: Event = event_type(**arguments)
    except TypeError:
        return None
    return event
