"""The update callback of the cleanup's settings, in a module of its own that holds nothing.

A registered property keeps its callback, and the callback its module's names, until Python ends. If those lead to the
module bpy, bpy 4.2 (as a Python module, without an executable) crashes then: so nothing is imported before the call.
"""

from typing import Any


def when_changed(group: Any, context: Any) -> None:
    """Make the keys anew after a change of a setting."""
    from .live import follow_change

    follow_change(group, context)
