"""The boxes that mp4 and mov files are made of: a bounded, forgiving walk that never raises on garbage.

Used to find the lens metadata, and to tell whether a file was cut off.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

MAX_BOXES: Final = 4096
"""Bound on the boxes of one level; a real file has a few dozen (a fragmented one some thousand)."""
KNOWN_FIRST_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


@dataclass(frozen=True)
class Box:
    """One box: four-letter kind, and where its content starts and ends in the file (bytes)."""

    kind: bytes
    start: int
    end: int


def iterate_boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two positions; a box that claims to reach beyond `end` is the last one.

    Note: the claimed end is kept, so that a caller can see that the file is shorter.
    Source: ISO/IEC 14496-12, section 4.2 (box header with 32-bit size, 64-bit size, or size 0 for "to the end").
    """
    position = start
    for _ in range(MAX_BOXES):
        if position + 8 > end:
            return
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return
        size, kind = struct.unpack(">I4s", header[:8])
        header_size = 8
        if size == 1 and len(header) == 16:
            size, header_size = struct.unpack(">Q", header[8:])[0], 16
        elif size == 0:
            size = end - position
        if size < header_size:
            return
        yield Box(kind, position + header_size, position + size)
        position += size


def is_cut_short(path: Path) -> bool:
    """Return whether an mp4 or mov file ends before its last box does; False for any other kind of file."""
    try:
        length = path.stat().st_size
        with path.open("rb") as file:
            boxes = list(iterate_boxes(file, 0, length))
    except OSError:
        return False
    return bool(boxes) and boxes[0].kind in KNOWN_FIRST_BOXES and boxes[-1].end > length
