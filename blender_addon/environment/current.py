"""The one making of an environment that may be under way, and where environments lie."""

from pathlib import Path
from typing import Final

from ...core.errors import SceneError
from ..preference_values import private_folder
from .making import EnvironmentMaking, is_complete
from .variants import VARIANTS

ENVIRONMENTS_FOLDER: Final = "environments"

_making: list[EnvironmentMaking] = []


def environment_folder(name: str) -> Path:
    """Return the folder of an environment, which lies with the add-on's own files and goes with them."""
    return private_folder() / ENVIRONMENTS_FOLDER / name


def made_environments() -> list[str]:
    """Return the names of the environments that are there."""
    return [name for name in VARIANTS if is_complete(environment_folder(name))]


def current_making() -> EnvironmentMaking | None:
    """Return the making that is under way, or None."""
    return _making[0] if _making else None


def begin(making: EnvironmentMaking) -> None:
    """Make it the one under way."""
    _making.append(making)


def check_nothing_is_made() -> None:
    """Raise SceneError while an environment is being made."""
    if _making:
        raise SceneError("An environment is being made already.", "Wait for it, or cancel it.")


def finish() -> None:
    """End what is under way, if anything: it has ended, the add-on is switched off, or Blender quits."""
    while _making:
        _making.pop().close()
