"""The add-on's preferences: the core's interpreter, what is installed, and the last log."""

from pathlib import Path
from typing import Any, Final

import bpy

from ..core.errors import JointwiseError
from .bundled_packages import unpacked_folder
from .messages import MESSAGES
from .worker_runtime import bundled_packages, choose_interpreter, extension_root

ROOT_PACKAGE: Final = (__package__ or "").rpartition(".")[0]
"""The package of the extension's root, by which Blender knows the add-on."""


class JointwisePreferences(bpy.types.AddonPreferences):
    """Settings of the add-on for all files."""

    bl_idname = ROOT_PACKAGE

    core_python: bpy.props.StringProperty(
        name="Python of the Core",
        description="A Python with the core's packages (with CUDA, say); empty: Blender's own with the bundled ones",
        subtype="FILE_PATH",
    )

    def draw(self, _context: Any) -> None:
        """Draw the interpreter, its state, and the log's button."""
        layout = self.layout
        layout.prop(self, "core_python")
        box = layout.box()
        for icon, line in runtime_status():
            box.label(text=line, icon=icon, translate=False)
        row = layout.row()
        row.label(text="Log of the last run" if MESSAGES.log else "Nothing has run so far")
        row.operator("jointwise.copy_log", icon="COPYDOWN")


def core_python(context: Any) -> str:
    """Return the preferred interpreter, or an empty string (also where the add-on runs without preferences)."""
    addon = context.preferences.addons.get(ROOT_PACKAGE)
    return bpy.path.abspath(addon.preferences.core_python) if addon and addon.preferences else ""


def private_folder() -> Path:
    """Return the writable folder, ours alone, for unpacked packages; survives updates of the extension."""
    try:
        folder = bpy.utils.extension_path_user(ROOT_PACKAGE, create=True)
    except ValueError:
        # Run from the source tree: not an extension.
        folder = bpy.utils.user_resource("DATAFILES", path="jointwise", create=True)
    return Path(folder)


def runtime_status() -> list[tuple[str, str]]:
    """Return an icon and a line of text for each thing that running the core needs."""
    translate = bpy.app.translations.pgettext_iface
    try:
        interpreter = choose_interpreter(core_python(bpy.context))
        packages = bundled_packages(extension_root())
    except JointwiseError as error:
        return [("ERROR", str(error))]
    lines = [("CONSOLE", translate("The core runs in {}").format(interpreter.path))]
    if interpreter.origin != "blender":
        return [*lines, ("INFO", translate("It uses that Python's own packages"))]
    if packages is None:
        return [*lines, ("INFO", translate("This copy brings no packages; that Python must have them"))]
    is_ready = unpacked_folder(packages, private_folder()) is not None
    state = "Bundled packages, unpacked:" if is_ready else "Bundled packages, unpacked at the first estimate:"
    names = ", ".join(" ".join(name.split("-")[:2]) for name in sorted(packages.sha256_by_file))
    return [*lines, ("CHECKMARK" if is_ready else "TIME", f"{translate(state)} {names}")]
