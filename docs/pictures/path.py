"""A person's whole path, by mouse and keyboard: from the zip to the exported FBX, with a picture of each step."""

import time
from collections.abc import Callable
from pathlib import Path

from .window import BlenderWindow, Box, Place, column, row

ADDON = "bl_ext.user_default.jointwise"
SETTINGS = "bpy.context.scene.jointwise"
CLEANUP = "bpy.context.object.jointwise_cleanup"
ESTIMATE_LIMIT_S = 900.0


class WholePath:
    """The steps, in order; each leaves Blender as the next one wants it."""

    def __init__(self, window: BlenderWindow, home: Path, keep: Callable[[str, Box | None], None]) -> None:
        self.window = window
        self.home = home
        self.keep = keep

    def walk(self) -> None:
        """Go the whole way."""
        for step in (
            self.install,
            self.enable_rigify,
            self.open_sidebar,
            self.choose_video,
            self.find_people,
            self.estimate,
            self.look_through_camera,
            self.clean_up,
            self.make_rig,
            self.retarget,
            self.export,
        ):
            step()

    def install(self) -> None:
        """Preferences > Get Extensions > Install from Disk."""
        window = self.window
        window.wait_until("True")
        window.move((500, 500))
        window.key("Escape")
        window.key("F4")
        time.sleep(0.5)
        window.key("p")
        window.wait_until("len(bpy.context.window_manager.windows) == 2")
        time.sleep(1)
        self._preferences_section("EXTENSIONS")
        window.ask("watch('USERPREF_MT_extensions_settings')")
        _left, top, right, _ = window.ask("region('PREFERENCES', 'WINDOW', 1)")
        window.click_until(row(right - 10, right - 80, top + 22, -8), "'USERPREF_MT_extensions_settings' in drawn")
        self.keep("install_menu", self._preferences_box())
        window.key("f")
        self._choose_file(next(self.home.glob("*.zip")).name)
        window.wait_until(f"{ADDON!r} in bpy.context.preferences.addons", 200)

    def enable_rigify(self) -> None:
        """Preferences > Add-ons > Rigify; the picture shows Jointwise with its preferences."""
        window = self.window
        self._preferences_section("ADDONS")
        left, top, _right, _ = window.ask("region('PREFERENCES', 'WINDOW', 1)")
        window.click((left + 90, top + 18))
        window.type("rigify")
        window.key("Return")
        time.sleep(0.5)
        window.click_until(row(left + 10, left + 60, top + 46, 6), "'rigify' in bpy.context.preferences.addons")
        window.click((left + 90, top + 18))
        window.type("jointwise")
        window.key("Return")
        time.sleep(0.5)
        window.ask("watch_preferences()")
        window.click_until(row(left + 6, left + 60, top + 46, 6), "'preferences' in drawn")
        time.sleep(0.5)
        self.keep("preferences", self._preferences_box())
        window.key("alt+F4")
        window.wait_until("len(bpy.context.window_manager.windows) == 1")

    def open_sidebar(self) -> None:
        """Delete what a new file holds; N and the tab Jointwise."""
        window = self.window
        middle = self._view()
        window.move(middle)
        window.key("a", "x", "Return")
        window.wait_until("len(bpy.data.objects) == 0 or len(bpy.context.scene.objects) == 0")
        window.move(middle)
        window.key("n")
        window.wait_until("sidebar_tab()")
        left, top, right, bottom = window.ask("region('VIEW_3D', 'UI')")
        window.click_until(column(right - 10, top + 10, bottom, 14), "sidebar_tab() == 'Jointwise'")
        time.sleep(1)
        window.drag((left - 1, (top + bottom) // 2), (left - 70, (top + bottom) // 2))
        time.sleep(1)
        self.keep("sidebar", None)

    def choose_video(self) -> None:
        """Type the video's path."""
        window = self.window
        window.click(self._button("filepath"), times=2)
        window.type(str(self.home / "walk.mp4"))
        window.key("Return")
        window.wait_until(f"{SETTINGS}.filepath.endswith('walk.mp4')")

    def find_people(self) -> None:
        """Find People, and tick the one who is found."""
        window = self.window
        window.click(self._button("JOINTWISE_OT_find_people"))
        window.move(self._view())
        window.wait_until(f"len({SETTINGS}.found_people) > 0", ESTIMATE_LIMIT_S)
        time.sleep(1)
        if window.ask(f"{SETTINGS}.found_people[0].is_chosen"):
            window.click(self._button("is_chosen"))
        window.click(self._button("is_chosen"))
        window.wait_until(f"{SETTINGS}.found_people[0].is_chosen")
        window.move(self._view())
        self.keep("people", self._sidebar())

    def estimate(self) -> None:
        """Estimate from Video, with a picture of the progress."""
        window = self.window
        window.click(self._button("JOINTWISE_OT_estimate"))
        window.move(self._view())
        window.wait_until("len(progress()) > 0 and progress()[0] > 20", ESTIMATE_LIMIT_S, 0.1)
        self.keep("progress", self._sidebar())
        window.wait_until("any(item.type == 'ARMATURE' for item in bpy.data.objects)", ESTIMATE_LIMIT_S)
        window.wait_until("not progress()")
        time.sleep(2)
        self.keep("result", None)

    def look_through_camera(self) -> None:
        """The scene at the video's rate, a frame in the middle, and the view through the camera (numpad 0)."""
        window = self.window
        window.click(self._button("JOINTWISE_OT_set_scene_rate"))
        window.wait_until("bpy.context.scene.render.fps == 30")
        left, top, right, _bottom = window.ask("region('DOPESHEET_EDITOR', 'WINDOW')")
        window.click_until(row(left + 60, right, top + 12, 6), "bpy.context.scene.frame_current > 30")
        window.move(self._view())
        window.key("KP_0", "n")
        time.sleep(3)
        self.keep("camera", self._view_box())
        window.key("n")
        time.sleep(1)

    def clean_up(self) -> None:
        """Smoothing by typing, foot contacts by the menu."""
        window = self.window
        window.click(self._button("smoothing_s"), times=2)
        window.type("0.15")
        window.key("Return")
        window.wait_until(f"{CLEANUP}.smoothing_s > 0.14")
        window.click(self._button("contact_mode"))
        time.sleep(0.5)
        self.keep("contacts_menu", self._sidebar())
        window.key("a")
        window.wait_until(f"{CLEANUP}.contact_mode == 'auto'")
        window.move(self._view())
        time.sleep(2)
        self.keep("cleanup", None)

    def make_rig(self) -> None:
        """Add > Armature > Human (Meta-Rig), and Generate Rig in the properties."""
        window = self.window
        # Out of the camera's view.
        window.move(self._view())
        window.key("KP_0")
        window.search("human meta", self._view())
        window.wait_until("bpy.context.object is not None and bpy.context.object.name == 'metarig'")
        left, top, right, bottom = window.ask("region('PROPERTIES', 'NAVIGATION_BAR')")
        window.click_until(column((left + right) // 2, top + 8, bottom), "properties_tab() == 'DATA'")
        time.sleep(1)
        self.keep("metarig", None)
        left, top, right, bottom = window.ask("region('PROPERTIES', 'WINDOW')")
        window.click(
            window.look_for("POSE_OT_rigify_generate", (left + right) // 2, top + 30, bottom - 8, is_upward=True)
        )
        window.wait_until("'rig' in bpy.data.objects", 200)
        time.sleep(2)

    def retarget(self) -> None:
        """Open Retarget, choose the rig, press the button."""
        window = self.window
        window.ask("watch('JOINTWISE_PT_retarget')")
        left, top, _right, bottom = self._sidebar()
        x = left + 60
        window.scroll((x, (top + bottom) // 2), 60)
        window.click_until(((x, y) for y in range(bottom - 8, bottom - 120, -8)), "'JOINTWISE_PT_retarget' in drawn")
        time.sleep(1)
        window.scroll((x, (top + bottom) // 2), 30)
        window.click(self._button("target", is_upward=True))
        self._pick("rig", f"{SETTINGS}.retarget.target and {SETTINGS}.retarget.target.name == 'rig'")
        time.sleep(2)
        window.scroll((x, (top + bottom) // 2), 30)
        window.move(self._view())
        self.keep("retarget_panel", self._sidebar())
        window.click(self._button("JOINTWISE_OT_retarget", is_upward=True))
        window.wait_until(
            "bpy.data.objects['rig'].animation_data and bpy.data.objects['rig'].animation_data.action", 120
        )
        window.move(self._view())
        # The rig into the middle of the view.
        window.key("n", "KP_Decimal")
        window.wait_until("not sidebar_tab()")
        time.sleep(3)
        self.keep("retargeted", self._view_box())
        window.key("n")
        time.sleep(1)

    def export(self) -> None:
        """Export FBX; the button is in sight since the sidebar was scrolled to its end."""
        window = self.window
        window.click(self._button("JOINTWISE_OT_export_fbx"))
        self._choose_file("walk_on_rig.fbx")
        window.wait_until(
            "False or __import__('os').path.exists(" + repr(str(self.home / "walk_on_rig.fbx")) + ")", 120
        )
        time.sleep(1)
        window.move(self._view())
        self.keep("exported", None)

    def _view(self) -> Place:
        """Return a place of the 3D view that is free of the sidebar."""
        left, top, right, bottom = self.window.ask("region('VIEW_3D', 'WINDOW')")
        return (left * 2 + right) // 3, (top + bottom) // 2

    def _view_box(self) -> Box:
        left, top, right, bottom = self.window.ask("region('VIEW_3D', 'WINDOW')")
        return left, top, right, bottom

    def _sidebar(self) -> Box:
        left, top, right, bottom = self.window.ask("region('VIEW_3D', 'UI')")
        return left, top, right, bottom

    def _button(self, name: str, is_upward: bool = False) -> Place:
        """Return the place of a button or field in the visible part of the sidebar."""
        left, top, right, bottom = self._sidebar()
        return self.window.look_for(name, (left + right * 3) // 4 - 30, top + 10, bottom, is_upward)

    def _preferences_section(self, name: str) -> None:
        left, top, right, bottom = self.window.ask("region('PREFERENCES', 'NAVIGATION_BAR', 1)")
        section = f"bpy.context.preferences.active_section == {name!r}"
        self.window.click_until(column((left + right) // 2, top + 10, bottom), section)
        time.sleep(1)

    def _preferences_box(self) -> Box:
        left, top, _, _ = self.window.ask("region('PREFERENCES', 'NAVIGATION_BAR', 1)")
        _, _, right, bottom = self.window.ask("region('PREFERENCES', 'WINDOW', 1)")
        return left, top, right, bottom

    def _choose_file(self, name: str) -> None:
        """Type a file's name into the file browser that has opened, and press its button."""
        window = self.window
        window.wait_until("has_file_browser()")
        time.sleep(1)
        number = window.ask("len(bpy.context.window_manager.windows) - 1")
        left, top, right, bottom = window.ask(f"region('FILE_BROWSER', 'EXECUTE', {number})")
        window.click((left + 60, (top + bottom) // 2))
        window.type(name)
        window.key("Return")
        time.sleep(0.5)
        # On a busy machine a click may come before the button is ready for it.
        for _ in range(4):
            if not window.ask("has_file_browser()", 200):
                return
            window.click((right - 60, (top + bottom) // 2))
            time.sleep(2)
        window.wait_until("not has_file_browser()", 200)

    def _pick(self, text: str, condition: str) -> None:
        """Choose from the list that has opened by typing; further down where the first hit is another one."""
        window = self.window
        for down in range(4):
            time.sleep(0.5)
            window.type(text)
            time.sleep(0.5)
            window.key(*["Down"] * down, "Return")
            if window.ask(condition):
                return
            window.click(self._button("target", is_upward=True))
