"""A small picture of each person, cut out of the frame in which they are well seen, framed in their colour."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .cancellation import Cancellation
from .errors import OutputError, VideoError
from .protocol import FoundPerson, People
from .reporting import Reporter, StageProgress
from .video import Image, VideoReader
from .whole_file import whole_file

SIDE_PX: Final = 192
FRAME_WIDTH_PX: Final = 5
MARGIN: Final = 1.15
"""The cut square's side over the longer side of the person's box."""
EMPTY_RGB: Final = (32, 32, 32)


def write_thumbnails(
    people: People,
    boxes_px: Sequence[NDArray[np.float64]],
    video: Path,
    folder: Path,
    reporter: Reporter,
    cancellation: Cancellation,
) -> People:
    """Write person1.png, person2.png, … and return the people with the paths; all appear at the end, or none.

    Args:
        boxes_px: each person's box (4,) x0, y0, x1, y1 in their frame.
    Raises:
        OutputError: the folder cannot be written.
    """
    frame_ids = {person.frame for person in people.people}
    pictures: dict[int, Image] = {}
    first, end = min(frame_ids), max(frame_ids) + 1
    progress = StageProgress(reporter, "thumbnails", end)

    def report_skip(frame_id: int) -> None:
        cancellation.check()
        progress.update(frame_id + 1)

    with VideoReader(video, first, end, report_skip) as reader:
        for frame in reader:
            report_skip(frame.index)
            for person, box_px in zip(people.people, boxes_px, strict=True):
                if person.frame == frame.index:
                    pictures[person.rank] = thumbnail(frame.image_rgb, box_px, person.color)
    return People(_write_all(people.people, pictures, folder))


def _write_all(people: Sequence[FoundPerson], pictures: dict[int, Image], folder: Path) -> tuple[FoundPerson, ...]:
    with_paths = []
    with ExitStack() as files:
        for person in people:
            if person.rank not in pictures:
                raise VideoError(f"Frame {person.frame} could not be read a second time.", "Try again.")
            path = folder / f"person{person.rank}.png"
            encoded, data = cv2.imencode(".png", cv2.cvtColor(pictures[person.rank], cv2.COLOR_RGB2BGR))
            if not encoded:
                raise OutputError(f"{path} cannot be made: the picture could not be encoded.")
            files.enter_context(whole_file(path)).write_bytes(data.tobytes())
            with_paths.append(replace(person, thumbnail=str(path)))
    return tuple(with_paths)


def thumbnail(image_rgb: Image, box_px: NDArray[np.float64], color: tuple[int, int, int]) -> Image:
    """Return a square picture (192, 192, 3) RGB of a person, framed in a colour.

    Args:
        image_rgb: (H, W, 3).
        box_px: (4,) x0, y0, x1, y1; what of the square lies outside the image is dark.
    """
    height, width = image_rgb.shape[:2]
    side = max(round(float((box_px[2:] - box_px[:2]).max()) * MARGIN), 1)
    corner = np.round((box_px[:2] + box_px[2:]) / 2 - side / 2).astype(int)
    # Rather off-centre than beyond the image's edge.
    inside = np.clip(corner, 0, np.maximum(np.array([width, height]) - side, 0))
    x, y = np.where(side <= np.array([width, height]), inside, corner).tolist()
    cut = np.full((side, side, 3), EMPTY_RGB, np.uint8)
    left, top = max(-x, 0), max(-y, 0)
    part = image_rgb[max(y, 0) : y + side, max(x, 0) : x + side]
    cut[top : top + part.shape[0], left : left + part.shape[1]] = part
    interpolation = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_CUBIC
    picture = np.asarray(cv2.resize(cut, (SIDE_PX, SIDE_PX), interpolation=interpolation), np.uint8)
    half = FRAME_WIDTH_PX // 2
    cv2.rectangle(picture, (half, half), (SIDE_PX - 1 - half, SIDE_PX - 1 - half), color, FRAME_WIDTH_PX)
    return picture
