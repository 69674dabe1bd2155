"""Makes the camera that filmed: lens, place and the video behind the scene, so that body and footage line up."""

import math
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ..core.motion import Motion
from .axes import BLENDER_CAMERA_AXES, FloatArray, ScenePlacement
from .compat import MOVIES_KEEP_ROTATION, assign_new_action
from .keyframes import write_keys

SENSOR_WIDTH_MM: Final = 36.0
FAR_CLIP_M: Final = 1000.0
DEFAULT_RENDER_SIZE: Final = (1920, 1080)
"""What a new Blender scene has: a scene with another size was set by the user."""


def create_camera(context: Any, name: str, motion: Motion, placement: ScenePlacement) -> Any:
    """Return a new camera object in the active collection that sees the scene as the video's camera saw it."""
    data = bpy.data.cameras.new(name)
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width = SENSOR_WIDTH_MM
    data.lens = motion.focal_length / motion.image_size[0] * SENSOR_WIDTH_MM
    data.clip_end = FAR_CLIP_M
    camera = bpy.data.objects.new(name, data)
    context.collection.objects.link(camera)
    world_from_camera = Matrix((placement.rotation @ BLENDER_CAMERA_AXES).tolist()).to_4x4()
    world_from_camera.translation = placement.translation
    camera.matrix_world = world_from_camera
    return camera


def add_background_video(camera: Any, video: Path, motion: Motion) -> bool:
    """Show the video behind what the camera sees, timed by `time_background`; False where Blender cannot read it."""
    try:
        image = bpy.data.images.load(str(video), check_existing=True)
    except RuntimeError:
        return False
    if image.source != "MOVIE" or not all(image.size):
        bpy.data.images.remove(image)
        return False
    background = camera.data.background_images.new()
    background.source = "IMAGE"
    background.image = image
    background.alpha = 1.0
    background.frame_method = "FIT"
    _turn_upright(background, motion)
    background.image_user.use_auto_refresh = True
    camera.data.show_background_images = True
    return True


def _turn_upright(background: Any, motion: Motion) -> None:
    """Turn a phone's video as its rotation mark says, where Blender ignores the mark."""
    width, height = motion.image_size
    rotation_deg = int(motion.metadata.get("video_rotation_deg", 0))
    if rotation_deg % 180 == 0:
        is_ignored = not MOVIES_KEEP_ROTATION
    else:
        is_ignored = tuple(background.image.size) == (height, width) and width != height
    if not is_ignored or rotation_deg == 0:
        return
    # Both turn clockwise (seen in a window of 4.3).
    background.rotation = math.radians(rotation_deg)
    if rotation_deg % 180:
        # Blender fits the lying picture into the standing frame before it turns it.
        background.scale = max(width, height) / min(width, height)


def time_background(camera: Any, frames: FloatArray, frame_ids: NDArray[np.int64]) -> None:
    """Make the background show, at each scene frame of the motion, the source frame of that time.

    Blender plays a video one source frame a scene frame. Where the scene's rate differs, or the video's rate varies,
    the offset between the two is keyed.

    Args:
        frames: (T,) scene frames of the motion's rows; `frame_ids`: (T,) 0-based source frames of the same rows.
    """
    data = camera.data
    background = data.background_images[0]
    first_frame = round(frames[0] - frame_ids[0])
    user = background.image_user
    user.frame_start = first_frame
    # Blender clips at the duration before it adds the offset, so the duration must cover the scene's frames too.
    scene_frame_count = math.ceil(frames[-1]) - first_frame + 1
    user.frame_duration = max(int(background.image.frame_duration), int(frame_ids[-1]) + 1, scene_frame_count)
    user.frame_offset = 0
    if data.animation_data and data.animation_data.action:
        bpy.data.actions.remove(data.animation_data.action)
    key_frames, offsets = background_offsets(frames, frame_ids, first_frame)
    if len(offsets) == 1:
        user.frame_offset = int(offsets[0])
        return
    curve = assign_new_action(data, data.name).new("background_images[0].image_user.frame_offset", 0, "Background")
    write_keys(curve, key_frames, offsets, "CONSTANT")


def background_offsets(
    frames: FloatArray, frame_ids: NDArray[np.int64], first_frame: int
) -> tuple[FloatArray, FloatArray]:
    """Return the scene frames (K,) at which the background's offset changes, and the offsets (K,) from there on.

    Between two rows with a gap the source frames are counted on evenly.
    """
    start = math.ceil(frames[0])
    scene = np.arange(start, max(math.floor(frames[-1]), start) + 1, dtype=np.float64)
    # The frame on screen is the last one whose time has come; 0.05 forgives the containers' rounding.
    offsets = np.floor(np.interp(scene, frames, frame_ids) + 0.05) - (scene - first_frame)
    changes = np.flatnonzero(np.diff(offsets, prepend=np.nan) != 0)
    return scene[changes], offsets[changes]


def match_render_size(scene: Any, motion: Motion) -> bool:
    """Give the scene the video's size unless the user has set one; return whether the two agree."""
    render = scene.render
    if (render.resolution_x, render.resolution_y) == DEFAULT_RENDER_SIZE:
        render.resolution_x, render.resolution_y = motion.image_size
        render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    return (render.resolution_x, render.resolution_y) == tuple(motion.image_size)
