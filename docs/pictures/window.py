"""A Blender window that is driven by mouse and keyboard, through xdotool, and looked at with scrot."""

import json
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

SETTLE_S: Final = 0.35
"""After the mouse has moved Blender needs a moment to see which button is below it."""
CLICK_EFFECT_S: Final = 0.4
"""So much later what a click has opened is drawn, on a slow machine too."""
PROBE_STEP_PX: Final = 9
PROBE_S: Final = 0.18

Place = tuple[int, int]
Box = tuple[int, int, int, int]


class WindowError(Exception):
    """The window did not do what a person would expect; the message says at which step."""


class BlenderWindow:
    """The windows of one Blender.

    Args:
        folder: for the questions to Blender, and for the screenshots.
        environ: the variables that Blender was started with; DISPLAY names its screen.
    """

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._environ = environ
        self._folder = folder

    def ask(self, expression: str, timeout_s: float = 60.0) -> Any:
        """Return what a Python expression is inside Blender."""
        answer, partial = self._folder / "answer", self._folder / "question.partial"
        answer.unlink(missing_ok=True)
        partial.write_text(expression, encoding="utf-8")
        partial.rename(self._folder / "question")
        give_up = time.monotonic() + timeout_s
        while not answer.exists():
            if time.monotonic() > give_up:
                raise WindowError(f"Blender does not answer {expression!r}.")
            time.sleep(0.03)
        found = json.loads(answer.read_text(encoding="utf-8"))
        if "error" in found:
            raise WindowError(f"{expression}: {found['error']}")
        return found["value"]

    def wait_until(self, expression: str, timeout_s: float = 60.0, step_s: float = 0.3) -> None:
        """Wait until an expression is true inside Blender."""
        give_up = time.monotonic() + timeout_s
        while not self.ask(expression, timeout_s):
            if time.monotonic() > give_up:
                raise WindowError(f"After {timeout_s:.0f} s it is still not true that {expression}.")
            time.sleep(step_s)

    def move(self, place: Place) -> None:
        """Move the mouse, in two steps so that Blender sees a movement even where it was there before."""
        self._xdotool("mousemove", place[0] - 2, place[1])
        self._xdotool("mousemove", place[0], place[1])
        time.sleep(SETTLE_S)

    def click(self, place: Place, button: int = 1, times: int = 1) -> None:
        """Click at a place of the screen."""
        self.move(place)
        for _ in range(times):
            self._xdotool("click", button)
            time.sleep(0.08)
        time.sleep(SETTLE_S)

    def drag(self, start: Place, end: Place) -> None:
        """Drag with the left button from one place to another."""
        self.move(start)
        self._xdotool("mousedown", 1)
        for share in (0.1, 0.3, 0.6, 0.9, 1.0):
            x, y = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
            self._xdotool("mousemove", x, y)
            time.sleep(0.1)
        self._xdotool("mouseup", 1)
        time.sleep(SETTLE_S)

    def key(self, *keys: str) -> None:
        """Press keys one after the other, named as X names them."""
        for name in keys:
            self._xdotool("key", name)
            time.sleep(0.15)

    def type(self, text: str) -> None:
        """Type text into the field that is being edited, in place of what is there."""
        self.key("ctrl+a")
        self._xdotool("type", "--delay", 12, text)
        time.sleep(0.2)

    def search(self, text: str, place: Place) -> None:
        """Run a menu entry by Blender's search (F3), with the mouse over the editor that it belongs to."""
        self.move(place)
        self.key("F3")
        time.sleep(0.6)
        self._xdotool("type", "--delay", 30, text)
        time.sleep(0.8)
        self.key("Return")
        time.sleep(0.6)

    def scroll(self, place: Place, notches: int) -> None:
        """Turn the mouse wheel over a place; down where positive."""
        self.move(place)
        for _ in range(abs(notches)):
            self._xdotool("click", 5 if notches > 0 else 4)
            time.sleep(0.05)
        time.sleep(SETTLE_S)

    def click_until(self, places: Iterable[Place], expression: str) -> Place:
        """Click at one place after the other until an expression is true inside Blender; return where it became so."""
        for place in places:
            self.click(place)
            time.sleep(CLICK_EFFECT_S)
            if self.ask(expression):
                return place
        raise WindowError(f"No click made it true that {expression}.")

    def look_for(self, wanted: str, x: int, top: int, bottom: int, is_upward: bool = False) -> Place:
        """Return where the button of an operator, or the field of a property, is in a column of the screen.

        Note: a right click on each height opens Blender's menu of the button there, which tells what it belongs to.
        """
        hits: list[int] = []
        heights = range(top, bottom, PROBE_STEP_PX)
        for y in reversed(heights) if is_upward else heights:
            self.ask("seen.clear()")
            self._xdotool("mousemove", x - 2, y)
            self._xdotool("mousemove", x, y)
            time.sleep(PROBE_S)
            self._xdotool("click", 3)
            time.sleep(PROBE_S)
            is_hit = wanted in self.ask("list(seen.values())")
            self.key("Escape")
            if is_hit:
                hits.append(y)
            elif hits:
                break
        if not hits:
            raise WindowError(f"There is no button {wanted} at x = {x} between {top} and {bottom}.")
        return x, sum(hits) // len(hits)

    def screenshot(self, name: str) -> Path:
        """Take a picture of the whole screen, without a tooltip, and return its path."""
        path = self._folder / f"{name}.png"
        path.unlink(missing_ok=True)
        self._run("scrot", "-o", "-z", str(path))
        return path

    def _xdotool(self, *arguments: object) -> None:
        self._run("xdotool", *(str(argument) for argument in arguments))

    def _run(self, *command: str) -> None:
        subprocess.run(command, env=self._environ, check=True, capture_output=True)


def column(x: int, top: int, bottom: int, step: int = 12) -> Iterable[Place]:
    """Return places of a column from top to bottom."""
    return ((x, y) for y in range(top, bottom, step))


def row(left: int, right: int, y: int, step: int = 12) -> Iterable[Place]:
    """Return places of a row from left to right, or the other way where the step is negative."""
    return ((x, y) for x in range(left, right, step))
