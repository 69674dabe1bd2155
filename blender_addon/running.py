"""The one run of the core that may be under way. Imports no bpy; what ends Blender or the add-on ends it too."""

import atexit

from ..core.errors import SceneError
from .estimate_session import EstimateSession

_running: list[EstimateSession] = []


def current_session() -> EstimateSession | None:
    """Return the running session, or None."""
    return _running[0] if _running else None


def check_nothing_runs() -> None:
    """Raise SceneError while the core runs."""
    if _running:
        raise SceneError("An estimate is running already.", "Wait for it, or cancel it.")


def begin(session: EstimateSession) -> None:
    """Make a session the running one."""
    _running.append(session)


def finish(session: EstimateSession) -> None:
    """End a session and all that belongs to it; harmless when it has ended."""
    session.close()
    if session in _running:
        _running.remove(session)


def finish_all() -> None:
    """End what runs: the add-on is switched off, or Blender quits."""
    for session in _running:
        finish(session)


atexit.register(finish_all)
