"""The lens of a camera object as the estimate takes it."""

import math
from typing import Any, Final

FULL_FRAME_DIAGONAL_MM: Final = math.hypot(36.0, 24.0)


def focal_length_35mm(camera: Any, picture_size: tuple[float, float]) -> float:
    """Return the 35 mm equivalent focal length, millimetres: the same diagonal angle of view on 36 x 24 mm.

    Args:
        picture_size: width and height of the video, in any unit.
    """
    data, (width, height) = camera.data, picture_size
    is_upright = data.sensor_fit == "VERTICAL" or (data.sensor_fit == "AUTO" and height > width)
    # Blender fits the longer side into the sensor's width unless told otherwise.
    sensor_mm = data.sensor_height if data.sensor_fit == "VERTICAL" else data.sensor_width
    share = data.lens / sensor_mm * (height if is_upright else width) / math.hypot(width, height)
    return float(share * FULL_FRAME_DIAGONAL_MM)


def picture_size(scene: Any, camera: Any) -> tuple[float, float]:
    """Return the size of the video of a solved camera: its clip's, else the scene's."""
    clips = [getattr(constraint, "clip", None) for constraint in camera.constraints]
    clips += [background.clip for background in camera.data.background_images]
    for clip in [*clips, scene.active_clip]:
        if clip is not None and all(clip.size):
            return float(clip.size[0]), float(clip.size[1])
    render = scene.render
    return render.resolution_x * render.pixel_aspect_x, render.resolution_y * render.pixel_aspect_y
