"""Whom the user wants, out of the tracks that were found: the main person, all, or people by rank or by place."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import NobodyFoundError, OptionError
from .protocol import PLACE_REACH_FRAMES, place_text
from .tracks import TORSO, Track

NEAR_SIZE_SHARE: Final = 0.5
"""How far from somebody's place a named one may lie, in shares of their box's longer side."""


@dataclass(frozen=True)
class PicturePlace:
    """Where somebody is: x, y in shares of the picture's width and height, in a source frame."""

    frame: int
    x: float
    y: float

    def __str__(self) -> str:
        return place_text(self.frame, self.x, self.y)


def parse_people(people: str) -> tuple[int | PicturePlace, ...] | None:
    """Return the 1-based ranks and the places that `--people` names, or None for everyone.

    Raises:
        OptionError: neither `main`, `all`, nor a list of whole numbers from 1 and of places FRAME@X:Y.
    """
    if people == "all":
        return None
    if people == "main":
        return (1,)
    wanted = [_parse_person(part.strip()) for part in people.split(",")]
    if None in wanted:
        raise OptionError(
            f"--people cannot be '{people}'.",
            "Use main, all, numbers such as 1,3, or places FRAME@X:Y such as 12@0.43:0.61.",
        )
    return tuple(dict.fromkeys(person for person in wanted if person is not None))


def _parse_person(text: str) -> int | PicturePlace | None:
    if re.fullmatch("[0-9]{1,9}", text):
        return int(text) or None
    share = r"([0-9]{0,3}\.?[0-9]{1,9})"
    match = re.fullmatch(f"([0-9]{{1,9}})@{share}:{share}", text)
    if match is None or max(float(match[2]), float(match[3])) > 1:
        return None
    return PicturePlace(int(match[1]), float(match[2]), float(match[3]))


def check_people(people: str, start: int, end: int | None) -> None:
    """Raise OptionError unless `--people` can be understood and its places lie in or near the frame range."""
    for person in parse_people(people) or ():
        if not isinstance(person, PicturePlace):
            continue
        if not start - PLACE_REACH_FRAMES <= person.frame < (math.inf if end is None else end + PLACE_REACH_FRAMES):
            raise OptionError(
                f"Somebody is wanted by their place in frame {person.frame}, "
                f"which is not in the frame range {start} to {'the end' if end is None else end}.",
                "Find the people of that range again, or choose a range that holds the frame.",
            )


def choose_people(tracks: Sequence[Track], people: str, video: Path, image_size: tuple[int, int]) -> dict[int, Track]:
    """Return the wanted tracks by rank, in the wanted order; `tracks` come in order of size times screen time.

    Args:
        image_size: width, height of the video.
    Raises:
        NobodyFoundError: no track at all, fewer than the wanted number, or nobody near a wanted place.
    """
    wanted = parse_people(people)
    if not tracks:
        raise NobodyFoundError(
            f"No person was found in {video.name}.", "Check the frame range, and that the person is well visible."
        )
    if wanted is None:
        return dict(enumerate(tracks, start=1))
    ranks = [
        _rank_at(tracks, person, video, image_size) if isinstance(person, PicturePlace) else person for person in wanted
    ]
    if max(ranks) > len(tracks):
        found = "1 person was" if len(tracks) == 1 else f"{len(tracks)} people were"
        raise NobodyFoundError(f"Person {max(ranks)} was asked for, but {found} found in {video.name}.")
    return {rank: tracks[rank - 1] for rank in ranks}


def _rank_at(tracks: Sequence[Track], place: PicturePlace, video: Path, image_size: tuple[int, int]) -> int:
    """Return the rank of the person nearest to a place."""
    wanted_px = np.array([place.x, place.y]) * image_size
    distances = [_distance_px(track, place.frame, wanted_px) for track in tracks]
    nearest = int(np.argmin(distances))
    if math.isinf(distances[nearest]):
        raise NobodyFoundError(
            f"Nobody was found near the place {place} (frame {place.frame}) in {video.name}.",
            "Name people by numbers, or find the people of this video again.",
        )
    return nearest + 1


def _distance_px(track: Track, frame: int, wanted_px: NDArray[np.float64]) -> float:
    """Return how far somebody is from a point (2,) around a frame; infinite for too far, or not seen around then."""
    row = int(np.abs(track.frame_ids - frame).argmin())
    if abs(int(track.frame_ids[row]) - frame) > PLACE_REACH_FRAMES:
        return math.inf
    distance_px = float(np.linalg.norm(places_px(track)[row] - wanted_px))
    size_px = float((track.bbox_px[row, 2:] - track.bbox_px[row, :2]).max())
    return distance_px if distance_px <= NEAR_SIZE_SHARE * size_px else math.inf


def places_px(track: Track) -> NDArray[np.float64]:
    """Return where somebody is in each row (T, 2), pixels: the middle of the hips, kept inside the visible box."""
    hips = track.keypoints2d_px[:, TORSO[2:]].mean(axis=1)
    places: NDArray[np.float64] = np.clip(hips, track.bbox_px[:, :2], track.bbox_px[:, 2:])
    return places
