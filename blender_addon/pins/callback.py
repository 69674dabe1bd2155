"""The update callback of the pins' settings; holds nothing, as the cleanup's, and for the same reason."""

from typing import Any


def when_changed(group: Any, context: Any) -> None:
    """Make the keys anew after a change of a pin or of how far pins reach."""
    from ..cleanup.live import follow_change

    follow_change(group.id_data.jointwise_cleanup, context)
