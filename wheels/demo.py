"""`dev.py demo`: the add-on's own operator on a video in background Blender, and a picture of what came out."""

import json
import shutil
import time
from pathlib import Path
from typing import Final

from .console import SetupError, run_logged, run_through, say
from .environments import ensure_environment, python_for
from .layout import BLENDER_PYTHONS, DEMO_BLENDERS, DEV_FOLDER, ROOT, WALK_EXCERPT
from .onnx_assets import ensure_onnx_files
from .system_libraries import require_bpy

_SCRIPT: Final = ROOT / "docs" / "demo" / "demo_in_blender.py"


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
    set_up_s = time.monotonic() - started
    folder.mkdir(parents=True, exist_ok=True)
    log = DEV_FOLDER / "logs" / "demo-in-blender.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Blender's renderer fills stdout; what is meant for the user comes on stderr.
    with log.open("w", encoding="utf-8") as stdout:
        environ = {"JOINTWISE_PYTHON": str(core_python)}
        code = run_through([bpy_python, _SCRIPT, video_path, folder], environ, stdout=stdout)
    if code != 0:
        say(f"What Blender said is in {log}.")
        return code
    name = video_path.stem
    sheet_started = time.monotonic()
    sheet = folder / f"{name}_contact_sheet.png"
    inputs: list[str | Path] = [
        "--video",
        video_path,
        "--motion",
        folder / f"{name}.npz",
        "--renders",
        folder / "renders",
    ]
    run_logged([core_python, "-m", "core", "contact-sheet", *inputs, "--output", sheet], "contact-sheet")
    seconds = {"set-up": set_up_s, **json.loads((folder / "seconds.json").read_text(encoding="utf-8"))}
    seconds["contact sheet"] = time.monotonic() - sheet_started
    (folder / "seconds.json").unlink()
    shutil.rmtree(folder / "renders")
    _print_results(folder, name, seconds)
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
    # The core has found a Python, and the demo's Blenders cover all of the core's.
    raise SetupError(f"No Python for Blender is installed; one of {', '.join(sorted(set(BLENDER_PYTHONS.values())))}.")


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
        print(f"{what:15} {folder / file_name}")
    for stage, value_s in seconds.items():
        print(f"{stage:15} {value_s:6.1f} s")
