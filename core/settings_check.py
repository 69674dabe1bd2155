"""Whether the user's settings can be used, as far as that can be known before any work is done."""

import re

from .decomposed_estimator import Window, check_window
from .errors import OptionError
from .output_paths import check_output, person_path
from .settings import EstimateSettings, TrackingSettings
from .wanted_people import check_people


def check_settings(settings: EstimateSettings) -> None:
    """Raise OptionError or OutputError for what is certainly wrong."""
    check_people(settings.people, settings.start, settings.end)
    _check_backbone(settings)
    check_detector(settings)
    check_range(settings.start, settings.end)
    read_window(settings.window)
    check_output(settings.output, ".npz", [settings.video])
    if settings.people != "main":
        check_output(person_path(settings.output, 2), ".npz", [settings.video])
    if settings.overlay is not None:
        check_output(settings.overlay, ".mp4", [settings.video])


def check_detector(settings: TrackingSettings) -> None:
    """Raise OptionError where the detector and its weights do not go together."""
    if settings.detector == "yolo" and settings.detector_weights is None:
        raise OptionError("The yolo detector needs your weights.", "Give them by --detector-weights.")
    if settings.detector not in ("auto", "yolo") and settings.detector_weights is not None:
        raise OptionError(
            f"--detector-weights belongs to the yolo detector, not to {settings.detector}.",
            "Leave one of the two options out.",
        )


def check_range(start: int, end: int | None) -> None:
    """Raise OptionError for a frame range that is certainly empty."""
    if start < 0 or (end is not None and end <= start):
        raise OptionError(
            f"The frame range {start} to {'the end' if end is None else end} is empty.",
            "Frames count from 0; the end must be greater than the start, and is the first frame that is not used.",
        )


def read_window(text: str) -> Window:
    """Return what `--window` means.

    Raises:
        OptionError: neither `track` nor a whole number of at least 2.
    """
    if text != "track" and not re.fullmatch("[0-9]{1,9}", text):
        raise OptionError(f"--window cannot be '{text}'.", "Use track, or a number of frames such as 16.")
    window: Window = "track" if text == "track" else int(text)
    check_window(window)
    return window


def _check_backbone(settings: EstimateSettings) -> None:
    """Raise OptionError for files that the backbone has no use for, or lacks."""
    belongs = {
        "--checkpoint": (settings.checkpoint, ("pare",)),
        "--temporal-weights": (settings.temporal_weights, ("pare",)),
        "--network": (settings.network, ("onnx",)),
        "--smpl": (settings.smpl, ("pare", "onnx")),
    }
    for option, (path, backbones) in belongs.items():
        if path is not None and settings.backbone not in backbones:
            raise OptionError(
                f"{option} belongs to the backbone {' or '.join(backbones)}.",
                f"Choose it by --backbone {backbones[0]}, or leave the file out.",
            )
    if settings.backbone == "onnx" and settings.network is None:
        raise OptionError(
            "The onnx backbone needs the file that describes your network.",
            "Give it by --network; docs/pare.md shows one.",
        )
