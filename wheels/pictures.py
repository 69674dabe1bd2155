"""`dev.py pictures`: the pictures of the guide, taken of the real program; what does the work is in docs/pictures."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from .console import SetupError, run_logged, run_through
from .environments import ensure_environment, python_for
from .layout import DEMO_BLENDERS, DEV_FOLDER, ROOT, WALK_EXCERPT
from .onnx_assets import ensure_onnx_files
from .system_libraries import require_bpy

SCRIPTS: Final = ROOT / "docs" / "pictures"
PICTURES: Final = ROOT / "docs" / "guide" / "pictures"
TOOLS: Final = ("Xvfb", "openbox", "xdotool", "scrot")
SCREEN: Final = (1280, 1000)


def take_pictures(blender: str | None, zip_path: str | None, has_curves: bool) -> int:
    """Take the pictures of the panel, draw the curves of the cleanup, or both; return the exit code.

    Args:
        blender: a windowed Blender; None to take no pictures.
        zip_path: an extension zip that it takes.
    Raises:
        SetupError: something is missing, or a step did not do what it does for a person.
    """
    if blender is None and not has_curves:
        raise SetupError("Nothing to do: name a windowed Blender by --blender, or ask for --curves.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    if has_curves:
        _draw_curves()
    if blender is not None:
        if zip_path is None or not Path(zip_path).is_file():
            raise SetupError("The pictures need an extension zip, by --zip; python3 dev.py build makes one.")
        _photograph(blender, Path(zip_path))
    print(PICTURES)
    return 0


def _draw_curves() -> None:
    core_python = ensure_environment("core")
    ensure_onnx_files(core_python)
    name = next((name for name in DEMO_BLENDERS if python_for(f"bpy-{name}") is not None), DEMO_BLENDERS[0])
    python = ensure_environment(f"bpy-{name}")
    require_bpy(python)
    with tempfile.TemporaryDirectory() as folder:
        motion = Path(folder) / "walk.npz"
        run_logged([core_python, "-m", "core", "estimate", WALK_EXCERPT, "--output", motion], "pictures-estimate")
        if run_through([python, SCRIPTS / "curves.py", motion, PICTURES], cwd=ROOT) != 0:
            raise SetupError("The curves of the cleanup could not be drawn; see above.")


def _photograph(blender: str, zip_path: Path) -> None:
    """Go the whole way in a Blender of its own: own screen, own home folder."""
    missing = [tool for tool in (*TOOLS, blender) if shutil.which(tool) is None]
    if missing:
        raise SetupError(f"These programs are needed and not here: {', '.join(missing)}.")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "artist"
        home.mkdir()
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shutil.copyfile(zip_path, home / zip_path.name)
        shutil.copyfile(WALK_EXCERPT, home / "walk.mp4")
        environ = _environ(stack, home, work)
        size = [str(number) for number in SCREEN]
        command = [blender, "-p", "0", "0", *size, "--python", str(SCRIPTS / "in_blender.py")]
        stack.enter_context(_running(command, environ, work / "blender.log"))
        drive: list[str | Path] = [sys.executable, "-m", "docs.pictures", work, home]
        if run_through(drive, {**environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT) != 0:
            seen = DEV_FOLDER / "logs" / "pictures-last-seen.png"
            shutil.copyfile(work / "last.png", seen)
            raise SetupError(f"The way through Blender ended early; what was on the screen is in {seen}.")
        shrink: list[str | Path] = [blender, "-b", "--python", SCRIPTS / "shrink.py", "--", work, PICTURES]
        run_logged(shrink, "pictures", environ)


def _environ(stack: ExitStack, home: Path, work: Path) -> dict[str, str]:
    """Return the variables for Blender and the tools, with a screen that runs until the stack ends."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("JOINTWISE", "BLENDER"))}
    environ |= {"HOME": str(home), "LIBGL_ALWAYS_SOFTWARE": "1", "JOINTWISE_PICTURES": str(work)}
    environ["JOINTWISE_PICTURES_HEIGHT"] = str(SCREEN[1])
    number = next(number for number in range(90, 200) if not Path(f"/tmp/.X11-unix/X{number}").exists())
    environ["DISPLAY"] = f":{number}"
    screen = f"{SCREEN[0]}x{SCREEN[1]}x24"
    server = ["Xvfb", environ["DISPLAY"], "-screen", "0", screen, "+extension", "GLX", "+render", "-noreset"]
    stack.enter_context(_running(server, environ, work / "xvfb.log"))
    time.sleep(2)
    stack.enter_context(_running(["openbox"], environ, work / "openbox.log"))
    return environ


@contextmanager
def _running(command: list[str], environ: dict[str, str], log: Path) -> Iterator[None]:
    """Run a program in the background, and end it afterwards."""
    with (
        log.open("wb") as file,
        subprocess.Popen(command, env=environ, stdout=file, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
