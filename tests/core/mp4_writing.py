"""Small mp4 files for tests: generated frames, then boxes changed by hand (rotation, frame times, metadata, order)."""

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

Boxes = list[tuple[bytes, bytes]]
ROTATIONS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def write_video(path: Path, frames_rgb: Iterable[np.ndarray], rate_hz: float = 25.0) -> Path:
    """Write frames (H, W, 3) as mp4; the index goes to the file's end."""
    writer = None
    for image in frames_rgb:
        if writer is None:
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate_hz, image.shape[1::-1])
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert writer is not None
    writer.release()
    return path


def numbered_frames(count: int, size: tuple[int, int] = (96, 64)) -> Iterable[np.ndarray]:
    """Frames whose number can be read back with `read_number`; the left upper corner is red."""
    for number in range(count):
        image = np.zeros((size[1], size[0], 3), np.uint8)
        image[: size[1] // 4, : size[0] // 4, 0] = 255
        for bit in range(8):
            if number >> bit & 1:
                image[size[1] // 2 :, bit * size[0] // 8 : (bit + 1) * size[0] // 8] = 255
        yield image


def read_number(image_rgb: np.ndarray) -> int:
    height, width = image_rgb.shape[:2]
    lower = image_rgb[height * 5 // 8 : height * 7 // 8].mean(axis=(0, 2))
    return sum(1 << bit for bit in range(8) if lower[(2 * bit + 1) * width // 16] > 127)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def split_boxes(data: bytes) -> Boxes:
    boxes, position = [], 0
    while position < len(data):
        (size,) = struct.unpack_from(">I", data, position)
        boxes.append((data[position + 4 : position + 8], data[position + 8 : position + size]))
        position += size
    return boxes


def join_boxes(boxes: Boxes) -> bytes:
    return b"".join(box(kind, content) for kind, content in boxes)


def change(data: bytes, kinds: str, edit: Callable[[bytes], bytes]) -> bytes:
    """Return the boxes with the content at a path such as `moov/trak/tkhd` edited."""
    first, _, rest = kinds.partition("/")
    return join_boxes(
        [
            (kind, content if kind != first.encode() else change(content, rest, edit) if rest else edit(content))
            for kind, content in split_boxes(data)
        ]
    )


def rotate(path: Path, degrees: int) -> Path:
    """State that the video is to be turned clockwise by so much when it is shown."""
    matrix = struct.pack(">9i", *_matrix(degrees))

    def edit(content: bytes) -> bytes:
        start = content.index(struct.pack(">9i", *_matrix(0)))
        return content[:start] + matrix + content[start + 36 :]

    path.write_bytes(change(path.read_bytes(), "moov/trak/tkhd", edit))
    return path


def _matrix(degrees: int) -> list[int]:
    a, b, c, d = (value << 16 for value in ROTATIONS[degrees])
    return [a, b, 0, c, d, 0, 0, 0, 1 << 30]


def set_durations(path: Path, factors: list[int]) -> Path:
    """Let each frame last its factor times the present frame duration."""

    def edit(content: bytes) -> bytes:
        (duration,) = struct.unpack_from(">I", content, 12)
        entries = b"".join(struct.pack(">II", 1, duration * factor) for factor in factors)
        return content[:4] + struct.pack(">I", len(factors)) + entries

    data = change(path.read_bytes(), "moov/trak/mdia/minf/stbl/stts", edit)
    # The edit list would cut the video at its old duration.
    path.write_bytes(change(data, "moov/trak", lambda content: content.replace(b"edts", b"free", 1)))
    return path


def move_index_first(path: Path) -> Path:
    """Put `moov` before the frames, as cameras and web tools do, so that a cut file can still be opened."""
    boxes = split_boxes(path.read_bytes())
    index = next(content for kind, content in boxes if kind == b"moov")

    def edit(content: bytes) -> bytes:
        (count,) = struct.unpack_from(">I", content, 4)
        offsets = struct.unpack_from(f">{count}I", content, 8)
        return content[:8] + struct.pack(f">{count}I", *(offset + len(index) + 8 for offset in offsets))

    index = change(index, "trak/mdia/minf/stbl/stco", edit)
    others = [(kind, content) for kind, content in boxes if kind != b"moov"]
    path.write_bytes(join_boxes([others[0], (b"moov", index), *others[1:]]))
    return path


def metadata_box(key: bytes, data_type: int, value: bytes, *, is_full_box: bool = False) -> bytes:
    """A QuickTime `meta` box with two keys, of which the second is the given one."""
    names = [b"com.apple.quicktime.make", key]
    keys = bytes(4) + struct.pack(">I", len(names)) + b"".join(box(b"mdta", name) for name in names)
    values = [(1, b"Maker"), (data_type, value)]
    items = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", kind, 0) + content))
        for number, (kind, content) in enumerate(values, start=1)
    )
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    return box(b"meta", (bytes(4) if is_full_box else b"") + handler + box(b"keys", keys) + box(b"ilst", items))


def add_metadata(path: Path, meta: bytes) -> Path:
    """Append a `meta` box to the index, which must come last."""
    path.write_bytes(change(path.read_bytes(), "moov", lambda content: content + meta))
    return path
