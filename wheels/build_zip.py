"""`dev.py build`: the extension zips, made and validated by Blender's own tool."""

import shutil
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Final

from .collect_wheels import collect_wheels
from .console import SetupError, run_logged, say
from .environments import ensure_environment
from .layout import DEV_FOLDER, DIST_FOLDER, ROOT
from .onnx_assets import ensure_onnx_files
from .stage import stage_extension
from .wheel_list import ZIP_TARGETS, ZipTarget, load_wheel_list

SIZE_LIMIT_BYTES: Final = 200_000_000
"""Extension sites take files up to about this size."""


def build_zips(platform: str, python: str | None) -> int:
    """Build the zip of each target of the platform, or only the one for the Python; return the exit code."""
    for target in ZIP_TARGETS:
        if target.platform == platform and python in (None, target.python):
            print(build_zip(target))
    return 0


def build_zip(target: ZipTarget) -> Path:
    """Build one zip in dist/ and return its path; an older file of the name is replaced only by a valid one.

    Raises:
        SetupError: a wheel has changed, a file is missing, Blender's tool refuses it, or it is too big.
    """
    started = time.monotonic()
    core_python = ensure_environment("core")
    ensure_onnx_files(core_python)
    wheels = load_wheel_list(target)
    wheel_folder = collect_wheels(wheels, core_python)
    tool = _blender_tool(target)
    with tempfile.TemporaryDirectory(dir=DEV_FOLDER) as folder:
        staging, zip_path = Path(folder) / "jointwise", Path(folder) / f"jointwise-{_version()}-{target.name}.zip"
        staging.mkdir()
        stage_extension(target, wheels, wheel_folder, staging)
        log = f"extension-{target.name}"
        run_logged([*tool, "build", "--source-dir", staging, "--output-filepath", zip_path], f"{log}-build")
        run_logged([*tool, "validate", "--valid-tags=", zip_path], f"{log}-validate")
        size_bytes = zip_path.stat().st_size
        if size_bytes > SIZE_LIMIT_BYTES:
            raise SetupError(
                f"{zip_path.name} would be {size_bytes / 1e6:.0f} MB, more than {SIZE_LIMIT_BYTES / 1e6:.0f} MB."
            )
        DIST_FOLDER.mkdir(exist_ok=True)
        shutil.move(zip_path, DIST_FOLDER / zip_path.name)
    say(f"{zip_path.name}: {size_bytes / 1e6:.1f} MB, valid ({time.monotonic() - started:.0f} s)")
    return DIST_FOLDER / zip_path.name


def _blender_tool(target: ZipTarget) -> list[str | Path]:
    """Return the command of Blender's extension tool, which lies as a plain script in the bpy package."""
    python = ensure_environment(f"bpy-{target.blender}")
    # Symbolic links to the interpreter must stay: resolved, it would not know its environment.
    environment = python.parent.parent
    scripts = sorted(environment.glob("**/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not scripts:
        raise SetupError(f"The bpy package for Blender {target.blender} holds no extension tool.")
    return [python, scripts[0]]


def _version() -> str:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    return str(manifest["version"])
