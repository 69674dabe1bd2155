"""The clips that wait for their estimate, and how each ended; kept in the scene's settings."""

from pathlib import Path
from typing import Any

import bpy


class JointwiseQueuedClip(bpy.types.PropertyGroup):
    """One clip of the queue."""

    filepath: bpy.props.StringProperty(name="Video", description="The clip's video", subtype="FILE_PATH")
    state: bpy.props.EnumProperty(
        name="State",
        description="How far the clip is",
        items=[
            ("waiting", "Waiting", "Not estimated yet"),
            ("running", "Running", "Being estimated"),
            ("done", "Done", "Its motion is keyed"),
            ("failed", "Failed", "It could not be estimated"),
        ],
    )
    message: bpy.props.StringProperty(name="Message", description="Why it could not be estimated")


def add_clips(queue: Any, videos: list[Path]) -> None:
    """Let videos wait at the end of the queue; those that wait already stay where they are."""
    waiting = {clip.filepath for clip in queue if clip.state == "waiting"}
    for video in videos:
        if str(video) not in waiting:
            waiting.add(str(video))
            clip = queue.add()
            clip.name = video.name
            clip.filepath = str(video)


def mark_clip(queue: Any, video: Path, former: str, state: str, message: str = "") -> None:
    """Change the state of the first clip of a video that is in the former one; harmless where there is none."""
    for clip in queue:
        if clip.filepath == str(video) and clip.state == former:
            clip.state = state
            clip.message = message
            return


def unfinished_videos(queue: Any) -> list[Path]:
    """Return the videos that are to be estimated, in order: those that wait, and those that failed before."""
    return [Path(clip.filepath) for clip in queue if clip.state != "done"]
