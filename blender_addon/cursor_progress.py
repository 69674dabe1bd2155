"""Progress of work that Blender waits for, at the mouse cursor."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

Item = TypeVar("Item")

STEPS: Final = 100


def with_progress(window_manager: Any, items: Sequence[Item]) -> Iterator[Item]:
    """Give the items one after the other and show meanwhile how many are done; ends whatever happens."""
    window_manager.progress_begin(0, STEPS)
    shown = 0
    try:
        for done, item in enumerate(items):
            step = done * STEPS // len(items)
            if step != shown:
                # Each call draws the cursor.
                window_manager.progress_update(step)
                shown = step
            yield item
    finally:
        window_manager.progress_end()
