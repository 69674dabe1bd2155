"""The operators that make, cancel and remove an environment."""

import time
from pathlib import Path
from typing import Any, Final

import bpy

from ...core.errors import EnvironmentMakingError, SceneError
from ..messages import MESSAGES
from ..operator_base import FINISHED, JointwiseOperator, sentence_of
from ..preference_values import ROOT_PACKAGE
from ..running import check_nothing_runs
from ..worker_runtime import blender_python
from .current import begin, check_nothing_is_made, current_making, environment_folder, finish
from .making import EnvironmentMaking, environment_python, remove_environment
from .variants import VARIANTS

POLL_INTERVAL_S: Final = 0.2

_VARIANT_ITEMS: Final = [(variant.name, variant.label, variant.purpose) for variant in VARIANTS.values()]


class JOINTWISE_OT_make_environment(JointwiseOperator, bpy.types.Operator):
    """Fetch packages that the zip may not bring from PyPI into a folder of the add-on, and use them; asks first"""

    bl_idname = "jointwise.make_environment"
    bl_label = "Make an Environment"

    variant: bpy.props.EnumProperty(name="Environment", description="What it is for", items=_VARIANT_ITEMS)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Say how big it is and ask."""
        if not bpy.app.online_access:
            return self.guarded(_check_online, context)
        result: set[str] = context.window_manager.invoke_props_dialog(self, width=560)
        return result

    def draw(self, _context: Any) -> None:
        """Draw the question."""
        variant = VARIANTS[self.variant]
        for line in (variant.purpose, variant.size_text, "The packages come from PyPI, into the add-on's own folder"):
            self.layout.label(text=line)

    def run(self, context: Any) -> set[str]:
        """Start it; wait for its end where there is no window."""
        _check_online(context)
        check_nothing_is_made()
        check_nothing_runs()
        MESSAGES.clear()
        variant = VARIANTS[self.variant]
        making = EnvironmentMaking(variant, blender_python(), environment_folder(variant.name))
        begin(making)
        if bpy.app.background:
            self.report({"INFO"}, _wait(making))
        else:
            bpy.app.timers.register(_follow, first_interval=POLL_INTERVAL_S)
        return FINISHED


class JOINTWISE_OT_cancel_environment(JointwiseOperator, bpy.types.Operator):
    """Stop making the environment; nothing of it is left"""

    bl_idname = "jointwise.cancel_environment"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Only while one is made."""
        return current_making() is not None

    def run(self, _context: Any) -> set[str]:
        """Cancel it; the timer sees it through."""
        making = current_making()
        if making is not None:
            making.cancel()
        return FINISHED


class JOINTWISE_OT_remove_environment(JointwiseOperator, bpy.types.Operator):
    """Remove the environment and free its disk space; the core then runs with the zip's own packages again"""

    bl_idname = "jointwise.remove_environment"
    bl_label = "Remove Environment"

    variant: bpy.props.EnumProperty(name="Environment", description="Which to remove", items=_VARIANT_ITEMS)

    def run(self, context: Any) -> set[str]:
        """Remove the folder, and the preference that names its Python."""
        check_nothing_is_made()
        check_nothing_runs()
        folder = environment_folder(self.variant)
        if not folder.exists():
            raise SceneError("There is no such environment.")
        preferences = _preferences(context)
        if preferences is not None and Path(preferences.core_python) == environment_python(folder):
            preferences.core_python = ""
        remove_environment(folder)
        self.report({"INFO"}, "The environment is removed.")
        return FINISHED


def _check_online(_context: Any) -> set[str]:
    """Raise EnvironmentMakingError while Blender may not use the network."""
    if bpy.app.online_access:
        return FINISHED
    if bpy.app.online_access_override:
        raise EnvironmentMakingError(
            "This Blender was started with --offline-mode, so nothing can be fetched.", "Start it without."
        )
    raise EnvironmentMakingError(
        "Blender may not use the network.", "Tick Preferences > System > Network > Allow Online Access, then try again."
    )


def _wait(making: EnvironmentMaking) -> str:
    """Follow a making to its end in the terminal; return the sentence about it."""
    shown = ""
    try:
        while not making.poll():
            if making.line != shown:
                shown = making.line
                print(f"Jointwise: {shown}", flush=True)
            time.sleep(POLL_INTERVAL_S)
        return _conclude(making)
    finally:
        finish()


def _follow() -> float | None:
    """Timer: redraw the preferences; conclude when the making has ended."""
    making = current_making()
    if making is None:
        return None
    _redraw_preferences()
    if not making.poll():
        return POLL_INTERVAL_S
    try:
        _conclude(making)
    except Exception as error:  # a timer's exception reaches nobody
        MESSAGES.error = sentence_of(error)
    finish()
    _redraw_preferences()
    return None


def _conclude(making: EnvironmentMaking) -> str:
    """Let the preference name the new Python, and return the sentence about it."""
    python = making.result()
    preferences = _preferences(bpy.context)
    if preferences is not None:
        preferences.core_python = str(python)
    return f"The environment is ready. {making.device_text}."


def _preferences(context: Any) -> Any:
    addon = context.preferences.addons.get(ROOT_PACKAGE)
    return addon.preferences if addon else None


def _redraw_preferences() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()


CLASSES: Final = (
    JOINTWISE_OT_make_environment,
    JOINTWISE_OT_cancel_environment,
    JOINTWISE_OT_remove_environment,
)
