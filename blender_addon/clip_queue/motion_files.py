"""Where the motion files of several clips go. Imports no bpy."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path


def motion_paths(motion_path: Path | None, videos: Sequence[Path]) -> list[Path | None]:
    """Return a motion file for each video, beside the panel's one and with the clip's name: FILE_CLIP.npz.

    Clips of one name get FILE_CLIP_2.npz and so on. None where motion files are not kept.
    """
    if motion_path is None:
        return [None] * len(videos)
    paths: list[Path | None] = []
    for video in videos:
        stem = f"{motion_path.stem}_{video.stem}"
        names = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
        candidates = (motion_path.with_name(f"{name}{motion_path.suffix}") for name in names)
        paths.append(next(path for path in candidates if path not in paths))
    return paths
