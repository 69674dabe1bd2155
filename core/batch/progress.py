"""How far a batch is, and how long it will take: by the files' sizes, which tell more than their number."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from ..protocol import Status
from ..reporting import Reporter

STAGE: Final = "batch"
INTERVAL_S: Final = 0.5
FIRST_SECONDS: Final = 3.0
"""Before that, the time left is anybody's guess."""


class BatchProgress:
    """Turns settled videos, and shares of those at work, into status events.

    Args:
        sizes: bytes of each video that is to be estimated, by name.
        settled_count: videos that need no work.
    """

    def __init__(
        self,
        reporter: Reporter,
        sizes: Mapping[str, int],
        settled_count: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reporter = reporter
        self._sizes = {video: max(size, 1) for video, size in sizes.items()}
        self._shares: dict[str, float] = {}
        self._settled_count = settled_count
        self._count = settled_count + len(self._sizes)
        self._clock = clock
        self._started_s = clock()
        self._emitted_s = float("-inf")

    @property
    def settled_count(self) -> int:
        """How many videos are settled."""
        return self._settled_count

    @property
    def count(self) -> int:
        """How many videos there are."""
        return self._count

    def report_share(self, video: str, share: float) -> None:
        """Take note of how much of a video is done, 0..1; from any thread."""
        self._shares[video] = share

    def settle(self, video: str, has_worked: bool) -> None:
        """Count a video as settled; one that failed took another time than its size says, so it counts no longer."""
        self._settled_count += 1
        if has_worked:
            self._shares[video] = 1.0
        else:
            self._shares.pop(video, None)
            self._sizes.pop(video, None)

    def emit(self) -> None:
        """Report, unless a report went out a moment ago."""
        now_s = self._clock()
        if now_s - self._emitted_s >= INTERVAL_S:
            self._emitted_s = now_s
            self._reporter.emit(Status(STAGE, self._settled_count, self._count, self.seconds_left(now_s)))

    def seconds_left(self, now_s: float) -> float | None:
        """Return the estimated time to the end, or None while it cannot be known."""
        shares = dict(self._shares)
        done = sum(shares.get(video, 0.0) * size for video, size in self._sizes.items())
        elapsed_s = now_s - self._started_s
        if elapsed_s < FIRST_SECONDS or not done:
            return None
        return round(elapsed_s * (sum(self._sizes.values()) - done) / done, 1)
