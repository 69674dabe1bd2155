"""Progress in the user's words."""

from typing import Final

import bpy

from ..core.protocol import Status

STAGE_TITLES: Final = {
    "start": "Starting",
    "unpack": "Unpacking packages (once)",
    "load": "Loading the networks",
    "skip": "Going to the first frame",
    "track": "Finding people",
    "thumbnails": "Taking pictures of them",
    "backbone": "Looking closer",
    "estimate": "Estimating the motion",
    "overlay": "Drawing the overlay",
    "import": "Reading the file",
}


def progress_text(status: Status) -> str:
    """Return the stage, how much of it is done, and the time left where it is known."""
    translate = bpy.app.translations.pgettext_iface
    parts = [translate(STAGE_TITLES.get(status.stage, status.stage.replace("_", " ").capitalize()))]
    if status.frame_count:
        parts.append(f"{status.frame} / {status.frame_count}")
    if status.seconds_left is not None:
        minutes, seconds = divmod(max(0, round(status.seconds_left)), 60)
        parts.append(translate("{}:{:02d} left").format(minutes, seconds))
    return "  ·  ".join(parts)
