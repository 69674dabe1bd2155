"""Runs in background Blender: crops the screenshots and writes them as JPEG, so that no other program is needed.

`-- WORK PICTURES`: the folder of the screenshots with boxes.json, and the one for the pictures.
"""

import json
import sys
from pathlib import Path

import bpy
import numpy as np

QUALITY = 72
TITLE_BAR_PX = 20


def shrink(source: Path, box: list[int] | None, destination: Path) -> None:
    """Write a part of a picture.

    Args:
        box: left, upper, right and lower edge in pixels from the upper left corner; None for all but the title bar.
    """
    image = bpy.data.images.load(str(source))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    # Blender's first row is the lowest.
    rows = pixels.reshape(height, width, 4)[::-1]
    left, top, right, bottom = box or (0, TITLE_BAR_PX, width, height - 5)
    part = np.ascontiguousarray(rows[top:bottom, left:right][::-1])
    cropped = bpy.data.images.new(source.stem, right - left, bottom - top)
    cropped.pixels.foreach_set(part.ravel())
    cropped.file_format = "JPEG"
    cropped.save(filepath=str(destination), quality=QUALITY)


work, pictures = Path(sys.argv[-2]), Path(sys.argv[-1])
for name, kept in json.loads((work / "boxes.json").read_text(encoding="utf-8")).items():
    shrink(work / f"{name}.png", kept, pictures / f"{name}.jpg")
