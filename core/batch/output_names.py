"""Which output belongs to which video: no two videos share one, whatever they are called."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath


def assign_names(videos: Iterable[str], taken: Mapping[str, str]) -> dict[str, str]:
    """Return the output's name of each video: its path without the suffix where that is nobody else's.

    Where it is (`a.mp4` beside `a.mov`, or `a_person2.mp4` beside `a.mp4`, whose second person's file it would be), the
    name keeps the suffix: `a.mov` gives `a.mov.npz`. A video keeps the name that it has.

    Args:
        videos: relative paths with forward slashes.
        taken: names that videos have from earlier runs, by video; also of videos that are gone, whose files are kept.
    Returns: relative paths without `.npz`, by video.
    """
    new = [video for video in videos if video not in taken]
    levels = dict.fromkeys(new, 0)
    while True:
        names = {video: _name(video, level) for video, level in levels.items()}
        owners = Counter(map(_comparable, (*taken.values(), *names.values())))
        clashing = [video for video in new if owners[_comparable(names[video])] > 1 and levels[video] < 2]
        if not clashing:
            return {video: taken.get(video) or names[video] for video in videos}
        for video in clashing:
            levels[video] += 1


def _name(video: str, level: int) -> str:
    if level == 0:
        return str(PurePosixPath(video).with_suffix(""))
    if level == 1:
        return video
    # Names that differ in case only are one on many disks.
    return f"{video}-{video_key(video)[:8]}"


def video_key(video: str) -> str:
    """Return letters and digits that stand for this path alone."""
    return hashlib.sha256(video.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _comparable(name: str) -> str:
    return re.sub(r"_person\d+$", "", unicodedata.normalize("NFC", name).casefold())
