"""Decodes a video in a thread of its own, a few frames ahead of whoever looks at them. Used by the pipeline."""

import queue
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, Self

from .stage_times import StageTimes
from .video import Frame

FRAMES_AHEAD: Final = 4
"""Bounds the memory: a 4K frame takes 25 MB."""
_POLL_S: Final = 0.1


class ReadAhead:
    """The same frames in the same order, in groups; a context manager, so that its thread never outlives the video.

    Args:
        frames: is iterated over in the thread.
        group_size: frames in each group; the last group may be smaller.
        times: gets the decoding's time as the stage `decode`.
    """

    def __init__(self, frames: Iterable[Frame], group_size: int, times: StageTimes) -> None:
        self._frames, self._group_size, self._times = frames, group_size, times
        self._queue: queue.Queue[Frame | BaseException | None] = queue.Queue(FRAMES_AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name="decode", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()

    def __iter__(self) -> Iterator[list[Frame]]:
        """Yield the groups; raise what reading raised, after the frames before it."""
        group: list[Frame] = []
        while True:
            item = self._queue.get()
            if isinstance(item, Frame):
                group.append(item)
            if group and (len(group) == self._group_size or not isinstance(item, Frame)):
                yield group
                group = []
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item

    def _read(self) -> None:
        iterator = iter(self._frames)
        try:
            while True:
                with self._times.busy("decode"):
                    frame = next(iterator, None)
                if not self._put(frame) or frame is None:
                    return
        except BaseException as error:  # it is raised again where the frames are used
            self._put(error)

    def _put(self, item: Frame | BaseException | None) -> bool:
        """Queue an item; return False once nobody wants any more."""
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False
