"""Where the help pages are, and which page is about what. Imports no bpy."""

from pathlib import Path
from typing import Final

from ...core.errors import OptionError
from ..worker_runtime import extension_root

PLACES: Final = (Path("docs"), Path("dist") / "docs")
"""In the zip, and in a checkout after `dev.py docs`."""

PAGE_OF_PANEL: Final = {
    "JOINTWISE_PT_estimate": "guide/first_capture",
    "JOINTWISE_PT_options": "guide/people",
    "JOINTWISE_PT_queue": "guide/people",
    "JOINTWISE_PT_solved_camera": "people",
    "JOINTWISE_PT_result": "guide/first_capture",
    "JOINTWISE_PT_cleanup": "guide/cleanup",
    "JOINTWISE_PT_cleanup_joints": "guide/cleanup",
    "JOINTWISE_PT_pins": "pins",
    "JOINTWISE_PT_export": "guide/export",
    "JOINTWISE_PT_retarget": "guide/retarget",
    "JOINTWISE_PT_retarget_mapping": "guide/retarget",
}
"""The page that the question mark in a panel's heading opens."""

PAGE_OF_BUTTON: Final = (
    ("bpy.ops.jointwise.find_people*", "guide/people"),
    ("bpy.ops.jointwise.*queue*", "guide/people"),
    ("bpy.ops.jointwise.split_person*", "people"),
    ("bpy.ops.jointwise.join_people*", "people"),
    ("bpy.ops.jointwise.place_through_camera*", "people"),
    ("bpy.ops.jointwise.remove_placing*", "people"),
    ("bpy.ops.jointwise.use_camera_lens*", "people"),
    ("bpy.ops.jointwise.*pin*", "pins"),
    ("bpy.ops.jointwise.export_*", "guide/export"),
    ("bpy.ops.jointwise.import_motion*", "guide/export"),
    ("bpy.ops.jointwise.retarget*", "guide/retarget"),
    ("bpy.ops.jointwise.recognise_rig*", "guide/retarget"),
    ("bpy.ops.jointwise.*_bone_map*", "guide/retarget"),
    ("bpy.ops.jointwise.*_contacts*", "guide/cleanup"),
    ("bpy.ops.jointwise.reset_cleanup*", "guide/cleanup"),
    ("bpy.ops.jointwise.copy_*", "guide/troubleshooting"),
    ("bpy.ops.jointwise.*", "guide/first_capture"),
    ("bpy.types.jointwisecleanup.*", "guide/cleanup"),
    ("bpy.types.jointwisepin*", "pins"),
    ("bpy.types.jointwisesolvedcamera.*", "people"),
    ("bpy.types.jointwiseexportsettings.*", "guide/export"),
    ("bpy.types.jointwiseretargetsettings.*", "guide/retarget"),
    ("bpy.types.jointwisejointbone.*", "guide/retarget"),
    ("bpy.types.jointwisepreferences.*", "guide/install"),
    ("bpy.types.jointwise*", "guide/people"),
)
"""What Blender calls buttons and fields, in lower case, and the page about them; the first that fits is taken."""


def site_folder() -> Path | None:
    """Return the folder of the pages, or None where this copy has none."""
    folders = (extension_root() / place for place in PLACES)
    return next((folder for folder in folders if (folder / "index.html").is_file()), None)


def page_path(page: str) -> Path:
    """Return a page's file.

    Args:
        page: path in docs/ without a suffix, such as `guide/cleanup`.
    Raises:
        OptionError: this copy has no pages, or not this one.
    """
    folder = site_folder()
    if folder is None:
        raise OptionError(
            "This copy of Jointwise has no help pages.", "Install the zip, or run: python3 dev.py docs in a checkout."
        )
    path = folder / f"{page}.html"
    if not path.is_file():
        raise OptionError(f"There is no help page called {page}.", "Open the page index.")
    return path
