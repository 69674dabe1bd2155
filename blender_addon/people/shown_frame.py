"""Which frame of the video the scene shows now."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..capture_tags import background_times, read_tag
from ..keyframes import scene_frames
from ..scene_rate import scene_rate_hz


def shown_frame(scene: Any, video: Path, frame_rate_hz: float) -> int:
    """Return the 0-based source frame of a video that the scene shows at its current frame.

    That is the one behind the camera of a capture of this video, where there is one and the frame lies within it; else
    the one of that time, with the video beginning at the scene's first frame.
    """
    rate_hz = scene_rate_hz(scene)
    for camera in scene.objects:
        tag = read_tag(camera) if camera.type == "CAMERA" else None
        times = background_times(camera) if tag else None
        if tag is None or times is None or not _shows(camera, video):
            continue
        timestamps, frame_ids = times
        frames = scene_frames(timestamps, tag.first_frame, rate_hz)
        if frames[0] <= scene.frame_current <= frames[-1]:
            # As behind the camera: the last one whose time has come (camera.py).
            return int(np.floor(np.interp(scene.frame_current, frames, frame_ids) + 0.05))
    time_s = float(scene.frame_current - scene.frame_start) / rate_hz
    return max(round(time_s * frame_rate_hz), 0)


def _shows(camera: Any, video: Path) -> bool:
    images = [background.image for background in camera.data.background_images]
    return any(image is not None and Path(bpy.path.abspath(image.filepath)) == video for image in images)
