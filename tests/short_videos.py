"""Videos that are short enough to estimate many of them in a test."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

EXCERPT = Path(__file__).parent / "data" / "walk_excerpt.mp4"


def write_frames(path: Path, frames: Iterable[np.ndarray]) -> Path:
    """Write (H, W, 3) uint8 BGR frames, whatever the container."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = None
    for frame in frames:
        writer = writer or cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, frame.shape[1::-1])
        writer.write(frame)
    assert writer is not None
    writer.release()
    return path


def cut_walk(path: Path, start: int = 0, frame_count: int = 8) -> Path:
    """Write a part of the walking person's video."""
    reader = cv2.VideoCapture(str(EXCERPT))
    frames = [reader.read()[1] for _ in range(start + frame_count)][start:]
    reader.release()
    return write_frames(path, frames)


def empty_scene(path: Path, frame_count: int = 8) -> Path:
    """Write grey noise: a video that plays, with nobody in it."""
    rng = np.random.default_rng(0)
    frames = (rng.integers(90, 110, (240, 320, 3), dtype=np.uint8) for _ in iter(int, 1))
    return write_frames(path, islice(frames, frame_count))


def broken_video(path: Path) -> Path:
    """Write a shopping list."""
    path.write_text("Two apples.\n" * 50)
    return path
