"""How long something will still take, in words, from how long the part that is done took."""

import time
from collections.abc import Callable

Clock = Callable[[], float]


class TimeLeft:
    """Counts what is done of a total; what took no time (found ready) is told by `skip`.

    Args:
        total: in any unit.
        clock: seconds.
    """

    def __init__(self, total: float, clock: Clock = time.monotonic) -> None:
        self._total, self._clock = total, clock
        self._started_s = clock()
        self._worked = self._skipped = 0.0

    def add(self, amount: float) -> None:
        """Say that so much more was worked off."""
        self._worked += amount

    def skip(self, amount: float) -> None:
        """Say that so much more was there already."""
        self._skipped += amount

    def text(self) -> str:
        """Return what is done and what is left, e.g. `37 %, about 2 h 13 min left`."""
        done = self._worked + self._skipped
        share = min(done / self._total, 1.0) if self._total else 1.0
        if not self._worked:
            return f"{share:.0%}"
        elapsed_s = self._clock() - self._started_s
        left_s = elapsed_s / self._worked * max(self._total - done, 0.0)
        return f"{share:.0%}, about {duration_text(left_s)} left"


def duration_text(duration_s: float) -> str:
    """Return a duration in the two largest units that matter."""
    minutes = round(duration_s / 60)
    if duration_s < 60:
        return f"{duration_s:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
