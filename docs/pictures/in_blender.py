"""Runs inside the windowed Blender: answers the driver's questions, and notes what a right click or a draw was about.

The driver writes a Python expression to `question` in the folder that JOINTWISE_PICTURES names; the answer, as JSON,
comes back in `answer`. Nothing here clicks or types: that is done by mouse and keyboard from outside.
"""

import importlib
import json
import os
from pathlib import Path
from typing import Any

import bpy

FOLDER = Path(os.environ["JOINTWISE_PICTURES"])
SCREEN_HEIGHT = int(os.environ["JOINTWISE_PICTURES_HEIGHT"])
INTERVAL_S = 0.05

seen: dict[str, str] = {}
"""What the last right click was on: `operator` or `property`, by its identifier."""
drawn: list[str] = []
"""Panels and menus that were drawn since the driver emptied the list."""


def answer_questions() -> float:
    """Answer a waiting question; called by Blender's timer."""
    question = FOLDER / "question"
    if question.exists():
        text = question.read_text(encoding="utf-8")
        question.unlink()
        try:
            answer = {"value": eval(text, globals())}  # the driver is the only one who asks
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        partial = FOLDER / "answer.partial"
        partial.write_text(json.dumps(answer, default=str), encoding="utf-8")
        partial.rename(FOLDER / "answer")
    return INTERVAL_S


def note_button(_menu: Any, context: Any) -> None:
    """Note what the button below the context menu is."""
    seen.clear()
    operator = getattr(context, "button_operator", None)
    prop = getattr(context, "button_prop", None)
    if operator is not None:
        seen["operator"] = operator.bl_rna.identifier
    elif prop is not None:
        seen["property"] = prop.identifier


def note_draw(name: str) -> Any:
    """Return a draw function that notes a panel or menu by its name."""
    return lambda _self, _context: drawn.append(name)


def watch(name: str) -> None:
    """Note from now on when a panel or menu is drawn."""
    getattr(bpy.types, name).append(note_draw(name))


def window(number: int = 0) -> Any:
    """Return a window: 0 is the main one."""
    return bpy.context.window_manager.windows[number]


def region(area_type: str, region_type: str, number: int = 0) -> list[int]:
    """Return the left, upper, right and lower edge of a region of a window, in pixels of the screen from its top."""
    shown = window(number)
    for area in shown.screen.areas:
        if area.type == area_type:
            found = next(region for region in area.regions if region.type == region_type)
            left, bottom = shown.x + found.x, SCREEN_HEIGHT - shown.y - found.y
            return [left, bottom - found.height, left + found.width, bottom]
    return []


def sidebar_tab() -> str:
    """Return the name of the 3D view's open sidebar tab, or nothing."""
    for area in window().screen.areas:
        if area.type == "VIEW_3D" and area.spaces.active.show_region_ui:
            return str(next(region.active_panel_category for region in area.regions if region.type == "UI"))
    return ""


def addon_module(name: str) -> Any:
    """Return a module of the installed add-on."""
    return importlib.import_module(f"bl_ext.user_default.jointwise.blender_addon.{name}")


def progress() -> list[int]:
    """Return frame and frame count of what runs, or nothing."""
    session = addon_module("running").current_session()
    return [session.status.frame, session.status.frame_count] if session else []


def watch_preferences() -> None:
    """Note from now on when our preferences are drawn."""
    preferences = addon_module("preferences").JointwisePreferences
    draw = preferences.draw

    def noted(self: Any, context: Any) -> None:
        drawn.append("preferences")
        draw(self, context)

    preferences.draw = noted


def current_action(name: str) -> str:
    """Return the name of an object's action, or nothing."""
    data = bpy.data.objects[name].animation_data
    return str(data.action.name) if data and data.action else ""


def properties_tab() -> str:
    """Return the tab of the properties editor."""
    return str(next(area.spaces.active.context for area in window().screen.areas if area.type == "PROPERTIES"))


def has_file_browser() -> bool:
    """Whether a file browser is open."""
    return any(
        area.type == "FILE_BROWSER" for window in bpy.context.window_manager.windows for area in window.screen.areas
    )


bpy.types.UI_MT_button_context_menu.append(note_button)
bpy.app.timers.register(answer_questions, persistent=True)
