"""The list of found people in the main panel. Draws only."""

from pathlib import Path
from typing import Any, Final

import bpy

from .pieces import decode_pieces, frame_range
from .shown_frame import shown_frame
from .thumbnails import thumbnail_icon

PICTURE_SCALE: Final = 4.0
SWATCH_HEIGHT: Final = 0.4


def draw_people(layout: Any, scene: Any) -> None:
    """Draw each found person with picture, color, screen time and a tick, and what holds when nobody is ticked."""
    settings = scene.jointwise
    if not settings.found_people:
        return
    translate = bpy.app.translations.pgettext_iface
    box = layout.box()
    shown = shown_frame(scene, Path(settings.found_in), settings.found_people[0].frame_rate_hz)
    for person in settings.found_people:
        _draw_person(box.row(), person, shown)
    ticked = sum(person.is_chosen for person in settings.found_people)
    if ticked > 1:
        box.operator("jointwise.join_people", icon="AUTOMERGE_ON")
    if not ticked:
        who = settings.bl_rna.properties["people"].enum_items[settings.people].name
        box.label(text=translate("Nobody is ticked: {}").format(translate(who)), icon="INFO", translate=False)


def _draw_person(row: Any, person: Any, shown: int) -> None:
    """Draw one person.

    Args:
        shown: the video's frame that the scene shows.
    """
    translate = bpy.app.translations.pgettext_iface
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
    first, last = frame_range(decode_pieces(person.pieces))
    buttons = column.row()
    buttons.enabled = first < shown <= last
    split = buttons.operator(
        "jointwise.split_person",
        text=translate("Split at Frame {} ({} to {})").format(shown, first, last),
        icon="MOD_EDGESPLIT",
        translate=False,
    )
    split.number = person.rank
