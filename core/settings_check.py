"""Whether the user's settings can be used, as far as that can be known before any work is done."""

import re

from .decomposed_estimator import check_window
from .errors import OptionError
from .output_paths import check_output
from .people import parse_people, person_path
from .settings import EstimateSettings


def check_settings(settings: EstimateSettings) -> None:
    """Raise OptionError or OutputError for what is certainly wrong."""
    parse_people(settings.people)
    if settings.backbone != "blazepose":
        raise OptionError(f"This version has no {settings.backbone} backbone yet.", "Use --backbone blazepose.")
    for name, value in (("--checkpoint", settings.checkpoint), ("--smpl", settings.smpl)):
        if value is not None:
            raise OptionError(f"{name} belongs to the pare backbone, which this version does not have yet.")
    if settings.start < 0 or (settings.end is not None and settings.end <= settings.start):
        end = "the end" if settings.end is None else settings.end
        raise OptionError(
            f"The frame range {settings.start} to {end} is empty.",
            "Frames count from 0; the end must be greater than the start, and is the first frame that is not used.",
        )
    if settings.window != "track" and not re.fullmatch("[0-9]{1,9}", settings.window):
        raise OptionError(f"--window cannot be '{settings.window}'.", "Use track, or a number of frames such as 16.")
    check_window("track" if settings.window == "track" else int(settings.window))
    check_output(settings.output, ".npz", [settings.video])
    if settings.people != "main":
        check_output(person_path(settings.output, 2), ".npz", [settings.video])
    if settings.overlay is not None:
        check_output(settings.overlay, ".mp4", [settings.video])
