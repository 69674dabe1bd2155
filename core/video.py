"""Frames of a video as a stream, with exact frame numbers and times; the whole video is never in memory.

Used by the pipeline, the overlay and the contact sheet. Never seeks: decoders disagree about where a seek lands.
"""

import math
import os
import stat
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

# Read by OpenCV at its first capture: FFmpeg says nothing on stderr, and a file never makes it open a network address.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file")

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import OptionError, VideoError
from .media_boxes import is_cut_short
from .protocol import Warning

Image = NDArray[np.uint8]

DEFAULT_FRAME_RATE_HZ: Final = 30.0
HIGHEST_STATED_RATE_HZ: Final = 240.0
"""A higher rate is often a container's tick rate (1000, 90000), so it is measured from the frames' times instead."""
RATE_SAMPLE_FRAMES: Final = 24
MISSING_FRACTION: Final = 0.1
"""Frame counts are estimates; a video of another kind than mp4 counts as cut only when more than this is missing."""

if hasattr(cv2, "setLogLevel"):
    cv2.setLogLevel(0)


@dataclass(frozen=True)
class VideoInfo:
    """What a video's header and first frame say; width and height are those after rotation."""

    width: int
    height: int
    frame_rate_hz: float
    frame_count: int | None
    rotation_deg: int


@dataclass(frozen=True)
class Frame:
    """One decoded frame: 0-based source number, seconds from the first frame, (H, W, 3) uint8 RGB, upright."""

    index: int
    timestamp_s: float
    image_rgb: Image


class VideoReader:
    """Iterates over the frames `start` to `end` (exclusive) of a video; can be iterated more than once.

    Args:
        on_skip: called with the number of each frame before `start`, which takes its time in a long video.

    Attributes:
        info: size, rate and estimated count.
        every: only each such frame is given, from `start` on, and the last one as far as the header knows it. The
            others are decoded, since later ones are made from them, but not turned into pictures.
        timestamps_s: of all frames up to now in an iteration, from the video's first one on.
        warnings: filled when an iteration ends: `video_truncated` when frames are missing at the end.

    Raises:
        OptionError: the range is empty (when iterating, if that shows only there).
        VideoError: no such file, a folder, not a video, or no frame of it decodes.
    """

    def __init__(
        self,
        path: Path,
        start: int = 0,
        end: int | None = None,
        on_skip: Callable[[int], None] | None = None,
    ) -> None:
        if start < 0 or (end is not None and end <= start):
            raise OptionError(
                f"The frame range {start} to {end if end is not None else 'the end'} is empty.",
                "Frames count from 0, and the end must be greater than the start.",
            )
        self.path = path
        self.warnings: list[Warning] = []
        self._start = start
        self._end = end
        self._on_skip = on_skip
        self.every = 1
        self.timestamps_s = array("d")
        self._capture: Any = None
        self.info = probe_video(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; a running iteration ends."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def __iter__(self) -> Iterator[Frame]:
        self.close()
        self.warnings, self.timestamps_s = [], array("d")
        capture = self._capture = _open(self.path)
        clock = _FrameClock(self.info.frame_rate_hz)
        index = 0
        while (self._end is None or index < self._end) and capture.grab():
            timestamp_s = clock.next_timestamp_s(index, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0)
            self.timestamps_s.append(timestamp_s)
            if self._is_wanted(index):
                decoded, image = capture.retrieve()
                if decoded:
                    yield Frame(index, timestamp_s, to_rgb(image))
            elif index < self._start and self._on_skip is not None:
                self._on_skip(index)
            index += 1
        if self._capture is capture:
            self.close()
            self._check_count(index)

    def _is_wanted(self, index: int) -> bool:
        ends = [value for value in (self._end, self.info.frame_count) if value]
        is_last = bool(ends) and index == min(ends) - 1
        return index >= self._start and ((index - self._start) % self.every == 0 or is_last)

    def _check_count(self, decoded_count: int) -> None:
        if self._end is None or decoded_count < self._end:
            self._warn_if_truncated(decoded_count)
        if decoded_count <= self._start:
            raise OptionError(
                f"The frame range starts at frame {self._start}, but {self.path.name} has {decoded_count} frames.",
                "Choose a smaller start frame.",
            )

    def _warn_if_truncated(self, decoded_count: int) -> None:
        expected = self.info.frame_count or 0
        missing = expected - decoded_count
        if missing > 0 and (is_cut_short(self.path) or missing > MISSING_FRACTION * expected):
            message = f"{self.path.name} is incomplete: {decoded_count} of about {expected} frames can be decoded."
            self.warnings.append(Warning("video_truncated", message))


class _FrameClock:
    """Gives each frame a time that is the container's where that makes sense, and always increases."""

    def __init__(self, frame_rate_hz: float) -> None:
        self._period_s = 1.0 / frame_rate_hz
        self._previous_s = -math.inf

    def next_timestamp_s(self, index: int, container_s: float) -> float:
        # OpenCV gives the time of the grabbed frame, relative to the first. A container without times gives 0 or -1.
        if index == 0:
            timestamp_s = 0.0
        elif math.isfinite(container_s) and container_s > self._previous_s:
            timestamp_s = container_s
        else:
            timestamp_s = self._previous_s + self._period_s
        self._previous_s = timestamp_s
        return timestamp_s


def probe_video(path: Path) -> VideoInfo:
    """Return what is known about a video after decoding its first frame.

    Raises:
        VideoError: no such file, a folder, not a video, or no frame of it decodes.
    """
    capture = _open(path)
    try:
        decoded, image = capture.read()
        if not decoded or image is None:
            raise VideoError(f"No frame of {path.name} can be decoded.", "The file may be damaged or cut off.")
        height, width = image.shape[:2]
        frame_count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return VideoInfo(
            width=width,
            height=height,
            frame_rate_hz=_frame_rate_hz(capture),
            frame_count=int(frame_count) if 0 < frame_count < 1e9 else None,
            rotation_deg=int(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360,
        )
    finally:
        capture.release()


def _open(path: Path) -> Any:
    _check_readable(path)
    # Named, because OpenCV would otherwise take a name with digits for a numbered series of pictures.
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise VideoError(
            f"{path.name} is not a video that can be read.", "Use an mp4, mov, mkv, webm or avi file that plays."
        )
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture


def _check_readable(path: Path) -> None:
    """Raise VideoError unless there is a file that may be read; OpenCV would only say that it cannot."""
    try:
        if path.is_dir():
            raise VideoError(f"{path} is a folder, not a video.", "Give the path of a video file.")
        if not stat.S_ISREG(path.stat().st_mode):
            raise VideoError(f"{path} is a pipe or a device, not a file.", "Give the path of a video file.")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise VideoError(f"The video {path} does not exist.", "Check the path.") from None
    except OSError as error:
        raise VideoError(f"The video {path} cannot be opened ({error.strerror}).", "Check the path.") from error


def _frame_rate_hz(capture: Any) -> float:
    """Frames a second as the header says, or as the times of the next frames say where the header is not credible."""
    stated = float(capture.get(cv2.CAP_PROP_FPS))
    if 1.0 <= stated <= HIGHEST_STATED_RATE_HZ:
        return stated
    times_s: list[float] = []
    while len(times_s) < RATE_SAMPLE_FRAMES and capture.grab():
        times_s.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0)
    steps_s = np.diff(times_s)
    steps_s = steps_s[steps_s > 1e-4]
    return float(1.0 / np.median(steps_s)) if len(steps_s) else DEFAULT_FRAME_RATE_HZ


def to_rgb(image: NDArray[Any]) -> Image:
    """Return a decoded picture as (H, W, 3) uint8 RGB.

    Args:
        image: (H, W), (H, W, 1), (H, W, 3) BGR or (H, W, 4) BGRA; uint8, or uint16 over its full range.
    """
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    channel_count = 1 if image.ndim == 2 else image.shape[2]
    conversion = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}[channel_count]
    return np.asarray(cv2.cvtColor(image, conversion), dtype=np.uint8)
