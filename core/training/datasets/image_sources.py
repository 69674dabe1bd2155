"""Where a sequence's pictures come from: files, JPEG bytes out of a record, or frames of a video."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import MotionDataError
from ...video import VideoReader

Image = NDArray[np.uint8]


class Images(Protocol):
    """T pictures in the order of a sequence's rows."""

    def __len__(self) -> int:
        """Return T."""

    def __iter__(self) -> Iterator[Image]:
        """Give (H, W, 3) uint8 RGB one after the other."""


@dataclass(frozen=True)
class ImageFiles:
    """One file per row."""

    paths: tuple[Path, ...]

    def __len__(self) -> int:
        """Return T."""
        return len(self.paths)

    def __iter__(self) -> Iterator[Image]:
        """Give the pictures, opened one at a time.

        Raises:
            MotionDataError: a file is missing or damaged.
        """
        for path in self.paths:
            if not path.is_file():
                raise MotionDataError(f"The image {path} does not exist; the archive may not be unpacked completely.")
            yield _to_rgb(cv2.imread(str(path), cv2.IMREAD_COLOR), str(path))


@dataclass(frozen=True)
class JpegImages:
    """Encoded pictures in memory.

    Attributes:
        data: one encoded picture per row.
        origin: where they come from, for error sentences.
    """

    data: tuple[bytes, ...]
    origin: str

    def __len__(self) -> int:
        """Return T."""
        return len(self.data)

    def __iter__(self) -> Iterator[Image]:
        """Give the pictures, decoded one at a time.

        Raises:
            MotionDataError: one is damaged.
        """
        for index, encoded in enumerate(self.data):
            pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR) if encoded else None
            yield _to_rgb(pixels, f"{self.origin}, picture {index}")


@dataclass(frozen=True)
class VideoFrames:
    """Frames of a video.

    Attributes:
        path: the video.
        frame_ids: one 0-based frame per row, increasing.
    """

    path: Path
    frame_ids: tuple[int, ...]

    def __len__(self) -> int:
        """Return T."""
        return len(self.frame_ids)

    def __iter__(self) -> Iterator[Image]:
        """Give the wanted frames in one pass over the video.

        Raises:
            MotionDataError: the video ends before the last of them.
            VideoError: it is missing or no video.
        """
        wanted = set(self.frame_ids)
        found = 0
        with VideoReader(self.path, self.frame_ids[0], self.frame_ids[-1] + 1) as reader:
            for frame in reader:
                if frame.index in wanted:
                    found += 1
                    yield frame.image_rgb
        if found < len(wanted):
            raise MotionDataError(
                f"{self.path} has only {found} of the {len(wanted)} frames that are annotated; it may be cut off."
            )


def _to_rgb(pixels: Any, name: str) -> Image:
    if pixels is None:
        raise MotionDataError(f"{name} is no readable image.")
    return np.ascontiguousarray(pixels[..., ::-1], dtype=np.uint8)
