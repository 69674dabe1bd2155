"""The list of found people in the main panel. Draws only."""

from typing import Any, Final

import bpy

from .thumbnails import thumbnail_icon

PICTURE_SCALE: Final = 4.0
SWATCH_HEIGHT: Final = 0.4


def draw_people(layout: Any, settings: Any) -> None:
    """Draw each found person with picture, color, screen time and a tick, and what holds when nobody is ticked."""
    if not settings.found_people:
        return
    translate = bpy.app.translations.pgettext_iface
    box = layout.box()
    for person in settings.found_people:
        row = box.row()
        icon = thumbnail_icon(person.thumbnail)
        if icon:
            row.template_icon(icon_value=icon, scale=PICTURE_SCALE)
        column = row.column()
        text = translate("Person {}  ·  {:.1f} s").format(person.rank, person.seconds)
        column.prop(person, "is_chosen", text=text, translate=False)
        swatch = column.row()
        swatch.enabled = False
        swatch.scale_y = SWATCH_HEIGHT
        swatch.prop(person, "color", text="")
    if not any(person.is_chosen for person in settings.found_people):
        who = settings.bl_rna.properties["people"].enum_items[settings.people].name
        box.label(text=translate("Nobody is ticked: {}").format(translate(who)), icon="INFO", translate=False)
