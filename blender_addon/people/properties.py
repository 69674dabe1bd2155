"""The people that were found in a video, and whom of them the user wants; kept in the scene's settings.

Note: `settings` is `scene.jointwise` with its fields `people`, `people_numbers`, `found_people` and `found_in`.
"""

import math
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import OptionError
from ...core.protocol import PLACE_REACH_FRAMES, People
from .thumbnails import forget_other_thumbnails, forget_thumbnail, keep_thumbnail


class JointwisePerson(bpy.types.PropertyGroup):
    """One person of the scanned video."""

    is_chosen: bpy.props.BoolProperty(name="Estimate", description="Estimate the motion of this person")
    rank: bpy.props.IntProperty(name="Number", description="In order of size times time on screen, from 1")
    seconds: bpy.props.FloatProperty(name="Screen Time", description="How long the person is seen, in seconds")
    color: bpy.props.FloatVectorProperty(
        name="Color", description="The frame's color in the person's picture", subtype="COLOR_GAMMA", min=0.0, max=1.0
    )
    places: bpy.props.StringProperty(
        name="Places",
        description="Frames and where in their pictures the person is, as the core takes them: FRAME@X:Y, with spaces "
        "between them and the best one first",
    )
    thumbnail: bpy.props.StringProperty(name="Picture", description="Key of the picture", options={"HIDDEN"})


def show_people(settings: Any, video: Path, people: People) -> None:
    """Put the people of a video into the list, in place of the former ones; ticked as the setting says."""
    clear_people(settings)
    # Lists go without notice when another file is loaded, or a scene is removed.
    forget_other_thumbnails({person.thumbnail for scene in bpy.data.scenes for person in scene.jointwise.found_people})
    settings.found_in = str(video)
    for person in people.people:
        item = settings.found_people.add()
        item.name = str(person.rank)
        item.rank = person.rank
        item.seconds = person.seconds
        item.color = [channel / 255 for channel in person.color]
        item.places = " ".join(dict.fromkeys([person.place_text, *person.sightings]))
        item.thumbnail = keep_thumbnail(Path(person.thumbnail)) if person.thumbnail else ""
    tick_as_set(settings)


def clear_people(settings: Any) -> None:
    """Empty the list and free its pictures."""
    for person in settings.found_people:
        forget_thumbnail(person.thumbnail)
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
    return ",".join(_place_in_range(person, settings.start, settings.end or math.inf) for person in ticked) or None


def _place_in_range(person: Any, start: int, end: float) -> str:
    """Return somebody's first place whose frame is in a range, or nearly where none is."""
    for margin in (0, PLACE_REACH_FRAMES):
        for place in person.places.split():
            if start - margin <= int(place.partition("@")[0]) < end + margin:
                return str(place)
    raise OptionError(
        f"Person {person.rank} is not seen in the chosen frames.", "Take the tick away, or choose other frames."
    )
