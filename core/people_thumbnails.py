"""Small pictures of each person, cut out of frames in which they are well seen, framed in their colour."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .cancellation import Cancellation
from .errors import OutputError, VideoError
from .protocol import FoundPerson
from .reporting import Reporter, StageProgress
from .video import Image, VideoReader
from .whole_file import whole_file

SIDE_PX: Final = 192
FRAME_WIDTH_PX: Final = 5
MARGIN: Final = 1.15
"""The cut square's side over the longer side of the person's box."""
EMPTY_RGB: Final = (32, 32, 32)


def write_thumbnails(
    people: Sequence[FoundPerson],
    sights: Sequence[Mapping[int, NDArray[np.float64]]],
    video: Path,
    folder: Path,
    reporter: Reporter,
    cancellation: Cancellation,
) -> tuple[FoundPerson, ...]:
    """Write the pictures and return the people with the paths; all files appear at the end, or none.

    Somebody's best picture is person1.png; those of other frames are person1_frame120.png and so on.

    Args:
        sights: for each person the box (4,) x0, y0, x1, y1 in each frame of which there is to be a picture; the first
            one is their `frame`.
    Raises:
        OutputError: the folder cannot be written.
    """
    wanted = sorted({frame for boxes_px in sights for frame in boxes_px})
    pictures: dict[tuple[int, int], Image] = {}
    progress = StageProgress(reporter, "thumbnails", wanted[-1] + 1)

    def report_skip(frame_id: int) -> None:
        cancellation.check()
        progress.update(frame_id + 1)

    with VideoReader(video, wanted[0], wanted[-1] + 1, report_skip) as reader:
        for frame in reader:
            report_skip(frame.index)
            for person, boxes_px in zip(people, sights, strict=True):
                if frame.index in boxes_px:
                    picture = thumbnail(frame.image_rgb, boxes_px[frame.index], person.color)
                    pictures[person.rank, frame.index] = picture
    return _write_all(people, [list(boxes_px) for boxes_px in sights], pictures, folder)


def _write_all(
    people: Sequence[FoundPerson],
    frames: Sequence[Sequence[int]],
    pictures: Mapping[tuple[int, int], Image],
    folder: Path,
) -> tuple[FoundPerson, ...]:
    """Write each person's pictures, the best frame first."""
    with_paths = []
    with ExitStack() as files:
        for person, of_person in zip(people, frames, strict=True):
            named = []
            for frame in of_person:
                if (person.rank, frame) not in pictures:
                    raise VideoError(f"Frame {frame} could not be read a second time.", "Try again.")
                name = f"person{person.rank}" if frame == person.frame else f"person{person.rank}_frame{frame}"
                path = folder / f"{name}.png"
                encoded, data = cv2.imencode(".png", cv2.cvtColor(pictures[person.rank, frame], cv2.COLOR_RGB2BGR))
                if not encoded:
                    raise OutputError(f"{path} cannot be made: the picture could not be encoded.")
                files.enter_context(whole_file(path)).write_bytes(data.tobytes())
                named.append((frame, str(path)))
            with_paths.append(replace(person, thumbnail=named[0][1], pictures=tuple(named)))
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
