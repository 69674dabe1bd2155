"""Which scene frames to sample, and which frames of the file they become."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...core.errors import OptionError, SceneError
from ..capture_tags import read_tag
from ..keyframes import key_range
from ..scene_rate import is_same_rate, scene_rate_hz
from .options import ExportOptions, FrameRange, Rate, Source
from .poses import FloatArray

END_TOLERANCE: Final = 1e-3
"""Frames by which rounding may put a span's end past a sample without asking for one more."""


@dataclass(frozen=True)
class Timing:
    """The samples of one export.

    Attributes:
        source_frames: (T,) frames of the scene.
        file_frames: (T,) frames of the file, from 0.
        rate_hz: the file's frames a second.
    """

    source_frames: FloatArray
    file_frames: FloatArray
    rate_hz: float


def plan_timing(scene: Any, armature: Any, options: ExportOptions, keeps_own_frames: bool = False) -> Timing:
    """Return the samples for an armature's export; the file's frame 0 is the first of the range.

    The last sample is the first one at or after the range's end, so the motion keeps its duration.

    Args:
        keeps_own_frames: the format can hold keys between frames, so that at the scene's rate a capture is sampled
            at its own frames and loses nothing.
    Raises:
        SceneError: the armature has no keys that could give the range.
        OptionError: the range or the rate is empty.
    """
    first, last = _frame_span(scene, armature, options)
    scene_hz = scene_rate_hz(scene)
    rate_hz = options.rate_hz if options.rate == Rate.CUSTOM else scene_hz
    if not 0.0 < rate_hz < math.inf:
        raise OptionError(f"A frame rate of {rate_hz} cannot be written.", "Give one above 0.")
    if options.rate == Rate.SCENE and keeps_own_frames:
        source_step = _own_step(armature, scene_hz)
    else:
        source_step = scene_hz / rate_hz
    count = max(0, math.ceil((last - first) / source_step - END_TOLERANCE)) + 1
    offsets = np.arange(count) * source_step
    file_frames = offsets * rate_hz / scene_hz
    whole = np.round(file_frames)
    return Timing(first + offsets, np.where(np.abs(file_frames - whole) < 1e-6, whole, file_frames), rate_hz)


def _own_step(armature: Any, scene_hz: float) -> float:
    """Return the scene frames between two frames of the armature's capture; 1 for other armatures."""
    tag = read_tag(armature)
    if tag is None or is_same_rate(tag.frame_rate_hz, scene_hz):
        return 1.0
    return scene_hz / tag.frame_rate_hz


def _frame_span(scene: Any, armature: Any, options: ExportOptions) -> tuple[float, float]:
    if options.source == Source.TAKES:
        return _key_span(armature, options)
    if options.frame_range == FrameRange.SCENE:
        return float(scene.frame_start), float(scene.frame_end)
    if options.frame_range == FrameRange.CUSTOM:
        if options.frame_end < options.frame_start:
            raise OptionError(
                f"The range from frame {options.frame_start} to {options.frame_end} is empty.",
                "Give an end that is not before the start.",
            )
        return float(options.frame_start), float(options.frame_end)
    return _key_span(armature, options)


def _key_span(armature: Any, options: ExportOptions) -> tuple[float, float]:
    spans = [span for span in (key_range(armature),) if span]
    if options.source == Source.NLA:
        spans += _strip_spans(armature)
    if not spans:
        raise SceneError(
            f"The armature {armature.name} has no keys to export.",
            "Key it, or export the scene's frame range, which bakes what moves it.",
        )
    return min(start for start, _ in spans), max(end for _, end in spans)


def _strip_spans(armature: Any) -> list[tuple[float, float]]:
    tracks = armature.animation_data.nla_tracks if armature.animation_data else ()
    return [
        (float(strip.frame_start), float(strip.frame_end))
        for track in tracks
        if not track.mute
        for strip in track.strips
        if not strip.mute
    ]
