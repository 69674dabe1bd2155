"""Which objects can be the solved camera, in a module that holds nothing; `cleanup/callback.py` says why."""

from typing import Any


def is_camera(_settings: Any, candidate: Any) -> bool:
    """True for a camera object."""
    return bool(candidate.type == "CAMERA")
