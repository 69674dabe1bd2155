"""The question mark in the heading of a panel. Draws only."""

from typing import Any

from .pages import PAGE_OF_PANEL


def draw_help(layout: Any, panel_name: str) -> None:
    """Draw the button that opens the page about a panel; panels without a page get none."""
    page = PAGE_OF_PANEL.get(panel_name)
    if page is not None:
        layout.emboss = "NONE"
        layout.operator("jointwise.open_help", text="", icon="QUESTION").page = page
