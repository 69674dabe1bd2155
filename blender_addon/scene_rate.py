"""The scene's frame rate against the video's, and moving all captures to a new rate."""

import math
from typing import Any, Final

from .camera import time_background
from .capture_tags import background_times, is_captured_armature, read_tag
from .keyframes import key_range, retime_keys, scene_frames

RATE_TOLERANCE: Final = 1e-4
"""29.97 and 30 differ by 1e-3."""


def scene_rate_hz(scene: Any) -> float:
    """Return the scene's frames a second."""
    return float(scene.render.fps) / float(scene.render.fps_base)


def is_same_rate(first_hz: float, second_hz: float) -> bool:
    """True when two rates differ by less than any two rates in use do."""
    return abs(first_hz - second_hz) <= RATE_TOLERANCE * max(first_hz, second_hz)


def set_scene_rate(scene: Any, frame_rate_hz: float) -> None:
    """Give the scene a frame rate and move the keys of all captures in it, so that they keep their times."""
    former_hz = scene_rate_hz(scene)
    scene.render.fps = max(1, round(frame_rate_hz))
    scene.render.fps_base = scene.render.fps / frame_rate_hz
    rate_hz = scene_rate_hz(scene)
    for item in scene.objects:
        tag = read_tag(item)
        if tag is None:
            continue
        if is_captured_armature(item):
            retime_keys(item, tag.first_frame, rate_hz / former_hz)
            last_key = key_range(item)
            scene.frame_end = max(scene.frame_end, math.ceil(last_key[1]) if last_key else 0)
        elif item.type == "CAMERA" and (times := background_times(item)):
            timestamps, frame_ids = times
            time_background(item, scene_frames(timestamps, tag.first_frame, rate_hz), frame_ids)
