"""The part of the preferences that makes and removes environments."""

from typing import Any

from ..messages import MESSAGES
from .current import current_making, made_environments
from .variants import VARIANTS


def draw_environments(layout: Any) -> None:
    """Draw a button for each environment with its size, or how the making goes."""
    box = layout.box()
    box.label(text="Packages that the zip may not bring")
    making = current_making()
    if making is not None:
        box.label(text=making.line[:120], icon="TIME", translate=False)
        box.operator("jointwise.cancel_environment", icon="X")
        return
    if MESSAGES.error:
        box.label(text=MESSAGES.error, icon="ERROR", translate=False)
    made = made_environments()
    for variant in VARIANTS.values():
        box.label(text=f"{variant.purpose}. {variant.size_text}", translate=False)
        row = box.row()
        text = f"{variant.label} Anew" if variant.name in made else variant.label
        row.operator("jointwise.make_environment", text=text, icon="IMPORT").variant = variant.name
        if variant.name in made:
            row.operator("jointwise.remove_environment", icon="TRASH").variant = variant.name
