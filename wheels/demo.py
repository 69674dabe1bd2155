"""`dev.py demo`: the add-on's own operator on a video in background Blender, and a picture of what came out."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from .console import SetupError, environ_with, run_logged, say
from .environments import ensure_environment, python_for
from .layout import BLENDER_PYTHONS, DEMO_BLENDERS, DEV_FOLDER, ROOT, WALK_EXCERPT
from .onnx_assets import ensure_onnx_files
from .system_libraries import require_bpy

_SCRIPT: Final = ROOT / "docs" / "demo" / "demo_in_blender.py"
_PROGRESS_PREFIX: Final = "Jointwise: "


def run_demo(video: str | None, output: str) -> int:
    """Run the demo on a video (the excerpt of a walk by default) and return the exit code.

    Raises:
        SetupError: something that the demo needs cannot be had.
    """
    video_path, folder = Path(video or WALK_EXCERPT).resolve(), Path(output).resolve()
    if not video_path.is_file():
        raise SetupError(f"The video {video_path} does not exist.")
    started = time.monotonic()
    core_python, bpy_python = _set_up()
    seconds = {"set-up": time.monotonic() - started}
    _make_folder(folder)
    code = _run_in_blender([bpy_python, _SCRIPT, video_path, folder], core_python)
    if code != 0:
        return code
    seconds |= json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    (folder / "seconds.json").unlink()
    seconds |= _draw(core_python, video_path, folder)
    shutil.rmtree(folder / "renders")
    _print_results(folder, video_path.stem, seconds)
    return 0


def _set_up() -> tuple[Path, Path]:
    """Return the Pythons of the core and of Blender, both ready to run."""
    core_python = ensure_environment("core")
    ensure_onnx_files(core_python)
    for blender in DEMO_BLENDERS:
        if python_for(f"bpy-{blender}") is not None:
            bpy_python = ensure_environment(f"bpy-{blender}")
            require_bpy(bpy_python)
            say(f"Running in Blender {blender}.")
            return core_python, bpy_python
        say(f"Blender {blender} is skipped: Python {BLENDER_PYTHONS[blender]} is not installed.")
    raise SetupError("No Blender for the demo can be installed.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"The folder {folder} cannot be made ({error.strerror}).") from None


def _run_in_blender(command: list[str | Path], core_python: Path) -> int:
    """Run a script in Blender: its progress is shown, its other words go to a log. Returns the exit code."""
    log = DEV_FOLDER / "logs" / "demo-in-blender.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environ = environ_with({"JOINTWISE_PYTHON": str(core_python), "PYTHONUNBUFFERED": "1"})
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen([str(part) for part in command], env=environ, stdout=subprocess.PIPE) as process,
    ):
        for line in process.stdout or ():
            text = line.decode("utf-8", errors="replace")
            file.write(text)
            if text.startswith(_PROGRESS_PREFIX):
                _show_progress(text.removeprefix(_PROGRESS_PREFIX).rstrip())
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    if process.returncode != 0:
        say(f"What Blender said is in {log}.")
    return process.returncode


def _show_progress(text: str) -> None:
    """Show the newest progress on one line; where stderr is a file, only the stages would be worth keeping."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text[:100]}")
        sys.stderr.flush()


def _draw(core_python: Path, video: Path, folder: Path) -> dict[str, float]:
    """Write the overlay video and the contact sheet; return the seconds of each."""
    motion, core = folder / f"{video.stem}.npz", [str(core_python), "-m", "core"]
    overlay: list[str | Path] = [
        *core,
        "overlay",
        video,
        "--motion",
        motion,
        "--output",
        folder / f"{video.stem}_overlay.mp4",
    ]
    sheet: list[str | Path] = [
        *core,
        "contact-sheet",
        "--video",
        video,
        "--motion",
        motion,
        "--renders",
        folder / "renders",
    ]
    sheet += ["--output", folder / f"{video.stem}_contact_sheet.png"]
    seconds = {}
    for stage, command in (("overlay video", overlay), ("contact sheet", sheet)):
        say(f"{stage} ...")
        started = time.monotonic()
        run_logged(command, stage.replace(" ", "-"))
        seconds[stage] = time.monotonic() - started
    return seconds


def _print_results(folder: Path, name: str, seconds: dict[str, float]) -> None:
    lines = (
        ("motion file", f"{name}.npz"),
        ("Blender file", f"{name}.blend"),
        ("FBX", f"{name}.fbx"),
        ("overlay video", f"{name}_overlay.mp4"),
        ("contact sheet", f"{name}_contact_sheet.png"),
    )
    for what, file_name in lines:
        if not (folder / file_name).is_file():
            raise SetupError(f"The demo ended without its {what}, {folder / file_name}.")
        print(f"{what:16} {folder / file_name}")
    for stage, value_s in seconds.items():
        print(f"{stage:16} {value_s:6.1f} s")
