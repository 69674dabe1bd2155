"""A picture of one shot: many of its frames with our body drawn over them, to be looked at one by one."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ...body_model import load_open_body
from ...errors import OutputError
from ...motion import Motion
from ...overlay import BodyPainter
from ...person_colors import person_color
from ...video import VideoReader
from ...whole_file import whole_file

Image = NDArray[np.uint8]

COLUMNS: Final = 6
ROWS: Final = 4
CELL_WIDTH_PX: Final = 320
CAPTION_PLACE_PX: Final = (6, 18)


def write_look(video: Path, motion: Motion, output: Path) -> None:
    """Write the picture (JPEG): 24 frames evenly over the video.

    Raises:
        VideoError: the video cannot be read.
        OutputError: the picture cannot be written.
    """
    painter = BodyPainter(motion, load_open_body(), person_color(1))
    with VideoReader(video) as reader:
        frame_count = reader.info.frame_count or int(motion.frame_ids[-1]) + 1
        wanted = set(np.linspace(0, frame_count - 1, COLUMNS * ROWS).round().astype(int).tolist())
        cells = [_cell(painter, frame.image_rgb, frame.index) for frame in reader if frame.index in wanted]
    _write_jpeg(output, arrange(cells, COLUMNS))


def _cell(painter: BodyPainter, image_rgb: Image, frame_id: int) -> Image:
    height = round(image_rgb.shape[0] * CELL_WIDTH_PX / image_rgb.shape[1])
    small = cv2.resize(image_rgb, (CELL_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    painted = painter.paint(np.asarray(small, np.uint8), frame_id)
    cv2.putText(painted, str(frame_id), CAPTION_PLACE_PX, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 0), 1, cv2.LINE_AA)
    return painted


def arrange(cells: list[Image], columns: int) -> Image:
    """Return pictures (H, W, 3) of one size in rows of so many, the last row filled up with black."""
    black = [np.zeros_like(cells[0])] * (-len(cells) % columns)
    filled = [*cells, *black]
    rows: list[Any] = [
        np.concatenate(filled[start : start + columns], axis=1) for start in range(0, len(filled), columns)
    ]
    return np.concatenate(rows, axis=0)


def _write_jpeg(path: Path, picture: Image) -> None:
    is_encoded, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not is_encoded:
        raise OutputError(f"The picture {path} cannot be written.")
    with whole_file(path) as partial:
        partial.write_bytes(encoded.tobytes())
