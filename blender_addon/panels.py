"""The sidebar's tab. Draws only: reads settings, the running session and the messages, and changes nothing."""

import textwrap
from typing import Any, Final

import bpy

from ..core.errors import OptionError
from ..core.settings import Backbone
from .capture_tags import captured_armature, read_tag
from .help.drawing import draw_help
from .messages import MESSAGES
from .network_files import check_files
from .people.panel import draw_people
from .preference_values import ROOT_PACKAGE, network_files
from .progress import progress_text
from .running import current_session
from .scene_rate import is_same_rate, scene_rate_hz

PIXELS_PER_LETTER: Final = 7.5


class JointwisePanel:
    """What all our panels share."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Jointwise"

    def draw_header_preset(self, _context: Any) -> None:
        """Draw the question mark that opens the page about the panel."""
        draw_help(self.layout, type(self).__name__)  # type: ignore[attr-defined]


class JOINTWISE_PT_estimate(JointwisePanel, bpy.types.Panel):
    """The main panel: from a video to keys."""

    bl_label = "Motion from Video"

    def draw(self, context: Any) -> None:
        """Draw the picker, the button or the progress, and what happened last."""
        layout = self.layout
        settings = context.scene.jointwise
        session = current_session()
        column = layout.column()
        column.enabled = session is None
        column.prop(settings, "filepath", text="")
        column.operator("jointwise.find_people", icon="VIEWZOOM")
        draw_people(column, context.scene)
        if session is None:
            row = layout.row()
            row.scale_y = 1.5
            row.operator("jointwise.estimate", icon="ARMATURE_DATA")
        else:
            _draw_progress(layout, session)
        _draw_messages(layout, context, session.warnings if session else MESSAGES.warnings)


class JOINTWISE_PT_options(JointwisePanel, bpy.types.Panel):
    """Which frames, who, which lens, what to make."""

    bl_label = "Options"
    bl_parent_id = "JOINTWISE_PT_estimate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the settings."""
        layout, settings = self.layout, context.scene.jointwise
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = current_session() is None
        column = layout.column(align=True)
        column.prop(settings, "start")
        column.prop(settings, "end")
        layout.prop(settings, "people")
        if settings.people == "numbers":
            layout.prop(settings, "people_numbers")
        layout.prop(settings, "backbone")
        _draw_file_problem(layout, context, settings.backbone)
        layout.prop(settings, "quality")
        layout.prop(settings, "lens")
        if settings.lens == "mm":
            layout.prop(settings, "focal_length_35mm")
        elif settings.lens == "pixels":
            layout.prop(settings, "focal_length_px")
        column = layout.column(heading="Make")
        column.prop(settings, "add_body")
        column.prop(settings, "add_camera")
        row = column.row()
        row.enabled = settings.add_camera
        row.prop(settings, "match_render_size")
        layout.prop(settings, "motion_path")


class JOINTWISE_PT_result(JointwisePanel, bpy.types.Panel):
    """What to do with a captured armature."""

    bl_label = "Captured Motion"

    def draw(self, context: Any) -> None:
        """Draw the rate's button where it is needed, and loading."""
        layout = self.layout
        armature = captured_armature(context)
        tag = read_tag(armature)
        if tag and not is_same_rate(tag.frame_rate_hz, scene_rate_hz(context.scene)):
            box = layout.box()
            text = bpy.app.translations.pgettext_iface("The video has {:.4g} frames a second, the scene {:.4g}")
            draw_wrapped(box, context, text.format(tag.frame_rate_hz, scene_rate_hz(context.scene)), "INFO")
            box.operator("jointwise.set_scene_rate", icon="TIME")
        row = layout.row()
        row.operator("jointwise.load_motion", icon="IMPORT")
        row.operator("jointwise.import_motion", icon="IMPORT")


def _draw_progress(layout: Any, session: Any) -> None:
    status = session.status
    if session.is_cancelling:
        layout.progress(factor=0.0, text=bpy.app.translations.pgettext_iface("Cancelling"))
        return
    factor = min(status.frame / status.frame_count, 1.0) if status.frame_count else 0.0
    layout.progress(factor=factor, text=progress_text(status))
    if session.device_text:
        layout.label(text=session.device_text, translate=False)
    layout.operator("jointwise.cancel", icon="CANCEL")


def _draw_file_problem(layout: Any, context: Any, backbone: Backbone) -> None:
    """Draw the error that an estimate would end in for want of a file, and the way to the preferences."""
    try:
        check_files(backbone, network_files(context))
    except OptionError as error:
        box = layout.box()
        draw_wrapped(box, context, str(error), "ERROR")
        button = box.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES")
        button.module = ROOT_PACKAGE


def _draw_messages(layout: Any, context: Any, warnings: list[str]) -> None:
    if MESSAGES.error and current_session() is None:
        box = layout.box()
        box.alert = True
        draw_wrapped(box, context, MESSAGES.error, "ERROR")
    for warning in warnings:
        draw_wrapped(layout.box(), context, warning, "INFO")


def draw_wrapped(layout: Any, context: Any, text: str, icon: str) -> None:
    """Draw a sentence over as many lines as the sidebar's width asks for: labels do not wrap."""
    scale = context.preferences.system.ui_scale
    letters = max(20, int(context.region.width / (PIXELS_PER_LETTER * scale)) - 6)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1", translate=False)
