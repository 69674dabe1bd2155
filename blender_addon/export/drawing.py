"""Draws export options, in the panel and in the file browser alike."""

from typing import Any


def draw_options(layout: Any, owner: Any, shown: tuple[str, ...]) -> None:
    """Draw the named options of an operator or of the scene's settings, and what belongs to them."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    for name in shown:
        layout.prop(owner, name)
        if name == "frame_range" and owner.frame_range == "CUSTOM":
            column = layout.column(align=True)
            column.prop(owner, "frame_start")
            column.prop(owner, "frame_end")
        if name == "rate" and owner.rate == "CUSTOM":
            layout.prop(owner, "rate_hz")
