"""The callbacks of the target rig, in a module that holds nothing; `cleanup/callback.py` says why."""

from typing import Any


def is_armature(_settings: Any, item: Any) -> bool:
    """Return whether an object can be chosen as target."""
    return bool(item.type == "ARMATURE")


def when_target_changed(settings: Any, _context: Any) -> None:
    """Fill the mapping when another rig is chosen."""
    from .properties import recognise_target

    recognise_target(settings)
