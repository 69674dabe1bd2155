"""The update callbacks of whom to estimate, in a module that holds nothing; `cleanup/callback.py` says why."""

from typing import Any


def when_video_changed(settings: Any, _context: Any) -> None:
    """Empty the list of people where it is of another video."""
    from ..scene_paths import absolute_path
    from .properties import clear_people_of_other_video

    clear_people_of_other_video(settings, absolute_path(settings.filepath))


def when_who_changed(settings: Any, _context: Any) -> None:
    """Tick the people that the setting names."""
    from .properties import tick_as_set

    tick_as_set(settings)
