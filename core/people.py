"""Chooses the wanted people out of the tracks that were found, and puts the pieces of one person together."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import NobodyFoundError
from .protocol import PLACE_REACH_FRAMES
from .tracks import TORSO, Track
from .wanted_people import PersonPiece, PicturePlace, parse_people

NEAR_SIZE_SHARE: Final = 0.5
"""How far from somebody's place a named one may lie, in shares of their box's longer side."""


def choose_people(tracks: Sequence[Track], people: str, video: Path, image_size: tuple[int, int]) -> dict[int, Track]:
    """Return the wanted people by number, in the wanted order; `tracks` come in order of size times screen time.

    A person's number is the rank of their first piece's track; where somebody else has it, the next one that is free.

    Args:
        image_size: width, height of the video.
    Raises:
        NobodyFoundError: no track at all, fewer than the wanted number, nobody near a wanted place, or not in the
            frames of a piece.
    """
    wanted = parse_people(people)
    if not tracks:
        raise NobodyFoundError(
            f"No person was found in {video.name}.", "Check the frame range, and that the person is well visible."
        )
    if wanted is None:
        return dict(enumerate(tracks, start=1))
    # Two names may mean the same person.
    named = dict.fromkeys(tuple(_with_rank(piece, tracks, video, image_size) for piece in person) for person in wanted)
    chosen: dict[int, Track] = {}
    next_number = len(tracks) + 1
    for person in named:
        number, _ = person[0]
        if number in chosen:
            number, next_number = next_number, next_number + 1
        chosen[number] = join_pieces([(tracks[rank - 1], piece) for rank, piece in person], video)
    return chosen


def join_pieces(pieces: Sequence[tuple[Track, PersonPiece]], video: Path) -> Track:
    """Return one person's track made of pieces of tracks; of a frame that two pieces have, the first one's row.

    Raises:
        NobodyFoundError: a piece's track has no row in its frames that no other piece has.
    """
    if len(pieces) == 1 and (pieces[0][1].start, pieces[0][1].end) == (0, None):
        return pieces[0][0]
    parts: list[Track] = []
    for track, piece in pieces:
        ids = track.frame_ids
        is_wanted = (ids >= piece.start) & (ids < (math.inf if piece.end is None else piece.end))
        for former in parts:
            is_wanted &= ~np.isin(ids, former.frame_ids)
        if not is_wanted.any():
            raise NobodyFoundError(
                f"The piece {piece} of a person adds no frame of {video.name}.",
                "Find the people of this video again, or leave the piece out.",
            )
        parts.append(track.take(is_wanted))
    names = [field.name for field in dataclasses.fields(Track)]
    whole = Track(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
    return whole.take(np.argsort(whole.frame_ids))


def _with_rank(
    piece: PersonPiece, tracks: Sequence[Track], video: Path, image_size: tuple[int, int]
) -> tuple[int, PersonPiece]:
    """Return the rank of a piece's track, and the piece with that for its name."""
    rank = _rank_at(tracks, piece.who, video, image_size) if isinstance(piece.who, PicturePlace) else piece.who
    if rank > len(tracks):
        found = "1 person was" if len(tracks) == 1 else f"{len(tracks)} people were"
        raise NobodyFoundError(f"Person {rank} was asked for, but {found} found in {video.name}.")
    return rank, dataclasses.replace(piece, who=rank)


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
