"""What the user has set in the add-on's preferences, as plain values, and the add-on's own folder.

The values are empty where the add-on runs without preferences.
"""

import contextlib
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import bpy

from .network_files import NetworkFiles

ROOT_PACKAGE: Final = (__package__ or "").rpartition(".")[0]
"""The package of the extension's root, by which Blender knows the add-on."""


def core_python(context: Any) -> str:
    """Return the preferred interpreter, or an empty string."""
    return _file_text(context, "core_python")


def keep_ready_s(context: Any) -> float:
    """Return how long the core stays after a run; 0, not at all, where there are no preferences."""
    addon = context.preferences.addons.get(ROOT_PACKAGE)
    return 60.0 * addon.preferences.keep_ready_min if addon and addon.preferences else 0.0


def network_files(context: Any) -> NetworkFiles:
    """Return the user's own network files, whether they exist or not."""
    texts = {field.name: _file_text(context, field.name) for field in fields(NetworkFiles)}
    return NetworkFiles(**{name: _absolute(text) for name, text in texts.items() if text})


def private_folder() -> Path:
    """Return the writable folder, ours alone, for unpacked packages; survives updates of the extension."""
    try:
        folder = bpy.utils.extension_path_user(ROOT_PACKAGE, create=True)
    except ValueError:
        # Run from the source tree: not an extension.
        folder = bpy.utils.user_resource("DATAFILES", path="jointwise", create=True)
    return Path(folder)


def _absolute(text: str) -> Path:
    path = Path(text)
    # Where there is no such user, the path stays as it was typed, for the sentence that says it does not exist.
    with contextlib.suppress(RuntimeError):
        path = path.expanduser()
    return path.absolute()


def _file_text(context: Any, name: str) -> str:
    """Return a path as it was typed, but for Blender's mark of paths relative to the .blend."""
    addon = context.preferences.addons.get(ROOT_PACKAGE)
    return bpy.path.abspath(getattr(addon.preferences, name).strip()) if addon and addon.preferences else ""
