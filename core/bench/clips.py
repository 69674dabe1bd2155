"""The benchmark's clips: an excerpt scaled and looped, forwards and backwards, so that nothing jumps."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import cv2

from ..errors import OutputError
from ..video import VideoReader
from ..whole_file import whole_file

EXCERPT: Final = Path(__file__).resolve().parents[2] / "tests" / "data" / "walk_excerpt.mp4"
SIZES: Final = {"720p": (1280, 720), "1080p": (1920, 1080)}


def make_clip(source: Path, path: Path, size: tuple[int, int], frame_count: int) -> None:
    """Write a clip of so many frames from all frames of the source; the same source gives the same clip.

    Args:
        size: width, height in pixels; the picture is stretched to it.

    Raises:
        VideoError: the source cannot be read.
        OutputError: the clip cannot be written.
    """
    with VideoReader(source) as reader:
        rate_hz = reader.info.frame_rate_hz
        pictures = [cv2.cvtColor(cv2.resize(frame.image_rgb, size), cv2.COLOR_RGB2BGR) for frame in reader]
    with whole_file(path) as partial:
        writer = cv2.VideoWriter(str(partial), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), rate_hz, size)
        if not writer.isOpened():
            raise OutputError(f"{path} cannot be written.", "This OpenCV may have no encoder for mp4.")
        for index in to_and_fro(len(pictures), frame_count):
            writer.write(pictures[index])
        writer.release()


def to_and_fro(length: int, frame_count: int) -> Iterator[int]:
    """Yield so many numbers that run from 0 to `length` - 1 and back, again and again."""
    period = max(2 * length - 2, 1)
    for index in count():
        if index == frame_count:
            return
        place = index % period
        yield place if place < length else period - place
