"""The people that were found in a video, and whom of them the user wants; kept in the scene's settings.

Note: `settings` is `scene.jointwise` with its fields `people`, `people_numbers`, `found_people` and `found_in`.
"""

import math
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import OptionError
from ...core.protocol import FoundPerson, People
from .pieces import Pieces, decode_pieces, encode_pieces, frame_count, whole_person
from .thumbnails import forget_other_thumbnails, forget_thumbnail, keep_thumbnail


class JointwisePerson(bpy.types.PropertyGroup):
    """One person of the scanned video."""

    is_chosen: bpy.props.BoolProperty(name="Estimate", description="Estimate the motion of this person")
    rank: bpy.props.IntProperty(name="Number", description="In order of size times time on screen, from 1")
    seconds: bpy.props.FloatProperty(name="Screen Time", description="How long the person is seen, in seconds")
    color: bpy.props.FloatVectorProperty(
        name="Color", description="The frame's color in the person's picture", subtype="COLOR_GAMMA", min=0.0, max=1.0
    )
    frame_rate_hz: bpy.props.FloatProperty(name="Frame Rate", description="The video's", options={"HIDDEN"})
    pieces: bpy.props.StringProperty(
        name="Pieces",
        description="What of the video is this person: pieces of what was followed, as text (people/pieces.py)",
        options={"HIDDEN"},
    )
    thumbnail: bpy.props.StringProperty(name="Picture", description="Key of the picture", options={"HIDDEN"})


def show_people(settings: Any, video: Path, people: People) -> None:
    """Put the people of a video into the list, in place of the former ones; ticked as the setting says."""
    clear_people(settings)
    # Lists go without notice when another file is loaded, or a scene is removed.
    forget_other_thumbnails({key for scene in bpy.data.scenes for key in _all_pictures(scene.jointwise)})
    settings.found_in = str(video)
    for person in people.people:
        item = settings.found_people.add()
        item.rank = person.rank
        item.color = [channel / 255 for channel in person.color]
        item.frame_rate_hz = people.frame_rate_hz or _rate_hz(person)
        files = person.pictures or (((person.frame, person.thumbnail),) if person.thumbnail else ())
        kept = [(frame, keep_thumbnail(Path(path))) for frame, path in files]
        set_pieces(item, whole_person(person, [(frame, key) for frame, key in kept if key]))
        item.seconds = person.seconds
    tick_as_set(settings)


def _rate_hz(person: FoundPerson) -> float:
    """Return a video's frames a second from somebody's time, for a core that does not say it."""
    return (person.last_frame - person.first_frame + 1) / max(person.seconds, 1e-3)


def set_pieces(person: Any, pieces: Pieces) -> None:
    """Make a listed person of these pieces; the picture is one that shows them, or none."""
    person.name = str(person.rank)
    person.pieces = encode_pieces(pieces)
    person.seconds = frame_count(pieces) / person.frame_rate_hz
    person.thumbnail = next((key for piece in pieces for key in piece.pictures), "")


def _all_pictures(settings: Any) -> list[str]:
    """Return the keys of all pictures of the listed people."""
    pieces = [piece for person in settings.found_people for piece in decode_pieces(person.pieces)]
    return [key for piece in pieces for _, key in piece.track_pictures]


def clear_people(settings: Any) -> None:
    """Empty the list and free its pictures."""
    for key in _all_pictures(settings):
        forget_thumbnail(key)
    settings.found_people.clear()
    settings.found_in = ""


def clear_people_of_other_video(settings: Any, video: Path | None) -> None:
    """Empty the list unless it belongs to this video."""
    if settings.found_in and (video is None or Path(settings.found_in) != video):
        clear_people(settings)


def tick_as_set(settings: Any) -> None:
    """Tick the people that the setting `people` names."""
    numbers = [part.strip() for part in settings.people_numbers.split(",")]
    for person in settings.found_people:
        person.is_chosen = {
            "main": person.rank == 1,
            "all": True,
            "numbers": str(person.rank) in numbers,
        }[settings.people]


def ticked_people(settings: Any, video: Path) -> str | None:
    """Return the ticked people of a video as the core takes them, by their places; None where nobody is ticked.

    Raises:
        OptionError: one of the ticked people is not seen in the frame range.
    """
    if not settings.found_in or Path(settings.found_in) != video:
        return None
    ticked = [person for person in settings.found_people if person.is_chosen]
    return ",".join(_describe(person, settings.start, settings.end or math.inf) for person in ticked) or None


def _describe(person: Any, start: int, end: float) -> str:
    """Return a listed person as the core takes them: by a place, or piece by piece."""
    described = [piece.describe(start, end) for piece in decode_pieces(person.pieces)]
    seen = [text for text in described if text is not None]
    if not seen:
        raise OptionError(
            f"Person {person.rank} is not seen in the chosen frames.", "Take the tick away, or choose other frames."
        )
    return "+".join(seen)
