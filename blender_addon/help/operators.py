"""The operator that opens a help page in the browser."""

import webbrowser
from typing import Any

import bpy

from ...core.errors import OptionError
from ..operator_base import FINISHED, JointwiseOperator
from .pages import page_path


class JOINTWISE_OT_open_help(JointwiseOperator, bpy.types.Operator):
    """Open the help page about this in the browser; it comes with the extension and needs no network"""

    bl_idname = "jointwise.open_help"
    bl_label = "Help"
    bl_options = {"INTERNAL"}

    page: bpy.props.StringProperty(
        name="Page", description="The page's path, such as guide/cleanup", default="index", options={"SKIP_SAVE"}
    )

    def run(self, _context: Any) -> set[str]:
        """Open the page."""
        path = page_path(self.page)
        if not webbrowser.open(path.as_uri()):
            raise OptionError("No browser could be opened.", f"Open {path} yourself.")
        return FINISHED
