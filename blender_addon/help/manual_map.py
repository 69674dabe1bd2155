"""F1, and *Online Manual* in the menu of a right click, on our buttons: our page instead of Blender's manual."""

import bpy

from .pages import PAGE_OF_BUTTON, site_folder


def manual_map() -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the address of the pages and which button has which page, as Blender asks for it."""
    folder = site_folder()
    if folder is None:
        return "", ()
    return f"{folder.as_uri()}/", tuple((pattern, f"{page}.html") for pattern, page in PAGE_OF_BUTTON)


def register_manual() -> None:
    """Tell Blender of the pages."""
    bpy.utils.register_manual_map(manual_map)


def unregister_manual() -> None:
    """Take them away."""
    bpy.utils.unregister_manual_map(manual_map)
