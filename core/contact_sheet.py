"""A picture that shows source, overlay and rendered view of a motion side by side, a row for each chosen frame."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import OptionError, OutputError
from .motion import load_motion
from .output_paths import check_output
from .overlay import BodyPainter
from .person_colors import person_color
from .smpl_body import load_body_of
from .video import VideoReader
from .whole_file import whole_file

Image = NDArray[np.uint8]

CELL_HEIGHT_PX: Final = 300
MARGIN_PX: Final = 6
CAPTION_WIDTH_PX: Final = 150
CAPTION_HEIGHT_PX: Final = 22
CAPTIONS: Final = ("source", "overlay", "Blender")
ROW_COUNT: Final = 5


def write_contact_sheet(
    video: Path, motion_path: Path, renders: Path | None, output: Path, smpl: Path | None = None
) -> None:
    """Write the sheet as a PNG.

    Args:
        renders: folder of pictures named frame_000123.png after 0-based source frames; they choose the rows.
            Without it the rows are spread over the motion and the last column is left out.
        smpl: the user's SMPL file, for a motion on that body.
    Raises:
        MotionFileError, BodyFileError, VideoError: an input cannot be read.
        OptionError: there is nothing to show, or the output would overwrite an input.
        OutputError: the sheet cannot be written.
    """
    check_output(output, ".png", [video, motion_path])
    motion = load_motion(motion_path)
    painter = BodyPainter(motion, load_body_of(motion, smpl), person_color(1))
    rendered = _rendered_frames(renders) if renders else {}
    spread = np.linspace(0, motion.frame_count - 1, ROW_COUNT).round().astype(int)
    wanted = sorted(rendered) or [int(frame_id) for frame_id in motion.frame_ids[np.unique(spread)]]
    rows = []
    for frame_id, picture in _read_pictures(video, wanted):
        cells = [picture, painter.paint(picture, frame_id)]
        if frame_id in rendered and (view := cv2.imread(str(rendered[frame_id]))) is not None:
            cells.append(cv2.cvtColor(view, cv2.COLOR_BGR2RGB))
        rows.append(_row(cells, frame_id))
    if not rows:
        raise OptionError(f"{video.name} has none of the frames of {motion_path.name}.", "Give the motion's own video.")
    _write_png(output, _stack(rows))


def _rendered_frames(folder: Path) -> dict[int, Path]:
    if not folder.is_dir():
        raise OptionError(f"The folder of rendered pictures {folder} does not exist.", "Leave it out, or correct it.")
    matches = ((re.fullmatch(r"frame_(\d+)\.png", path.name), path) for path in folder.glob("frame_*.png"))
    return {int(match[1]): path for match, path in matches if match}


def _read_pictures(video: Path, frame_ids: list[int]) -> Iterable[tuple[int, Image]]:
    wanted = set(frame_ids)
    with VideoReader(video, min(wanted), max(wanted) + 1) as reader:
        for frame in reader:
            if frame.index in wanted:
                yield frame.index, frame.image_rgb


def _row(cells: list[Image], frame_id: int) -> Image:
    """Return the cells side by side at one height, each with its caption."""
    parts = []
    for caption, cell in zip(CAPTIONS, cells, strict=False):
        width = round(cell.shape[1] * CELL_HEIGHT_PX / cell.shape[0])
        small = cv2.resize(cell, (width, CELL_HEIGHT_PX), interpolation=cv2.INTER_AREA)
        cv2.rectangle(small, (0, 0), (CAPTION_WIDTH_PX, CAPTION_HEIGHT_PX), (255, 255, 255), cv2.FILLED)
        text = f"{caption}, frame {frame_id}"
        cv2.putText(small, text, (8, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
        parts += [small, np.full((CELL_HEIGHT_PX, MARGIN_PX, 3), 255, np.uint8)]
    return np.concatenate(parts[:-1], axis=1)


def _stack(rows: list[Image]) -> Image:
    """Return the rows below one another; narrower ones are filled up with white."""
    width = max(row.shape[1] for row in rows)
    padded: list[Any] = []
    for row in rows:
        fill = np.full((row.shape[0], width - row.shape[1], 3), 255, np.uint8)
        padded += [np.concatenate([row, fill], axis=1), np.full((MARGIN_PX, width, 3), 255, np.uint8)]
    return np.concatenate(padded[:-1], axis=0)


def _write_png(output: Path, picture: Image) -> None:
    encoded, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not encoded:
        raise OutputError(f"{output} cannot be made: the picture could not be encoded.")
    with whole_file(output) as partial:
        partial.write_bytes(data.tobytes())
