"""`dev.py build`: the extension zips, made and validated by Blender's own tool."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from .collect_wheels import collect_wheels
from .console import SetupError, run_logged, say
from .environments import ensure_environment, python_for
from .layout import BLENDER_PYTHONS, DEV_FOLDER, DIST_FOLDER
from .onnx_assets import ensure_onnx_files
from .reproducible_zip import repack
from .sbom import INVENTORY_NAME, SBOM_NAME
from .stage import read_version, stage_extension
from .wheel_list import SIZE_BUDGETS_BYTES, ZIP_TARGETS, ZipTarget, load_wheel_list

_VALID_TAGS: Final = "**/site-packages/bpy/*/scripts/modules/_bpy_internal/extensions/tags.py"
"""Where Blender from 5.0 on lists the tags that an extension may have; 4.2 brings no list."""


def build_zips(platform: str, python: str | None, variant: str = "standard") -> int:
    """Build the zip of each target of the platform, or only that of the Python; return the exit code."""
    for target in ZIP_TARGETS:
        if platform in ("all", target.platform) and python in (None, target.python):
            print(build_zip(target, variant))
    return 0


def build_zip(target: ZipTarget, variant: str = "standard") -> Path:
    """Build one zip in dist/ and return its path; an older file of the name is replaced only by a valid one.

    Raises:
        SetupError: a wheel has changed, a file is missing, Blender's tool refuses it, or it is too big.
    """
    started = time.monotonic()
    core_python = ensure_environment("core")
    ensure_onnx_files(core_python)
    wheels = load_wheel_list(target)
    wheel_folder = collect_wheels(wheels, core_python)
    tool, tags = blender_tool(target.blender), _valid_tags()
    with tempfile.TemporaryDirectory(dir=DEV_FOLDER) as folder:
        staging, zip_path = Path(folder) / "jointwise", Path(folder) / f"jointwise-{read_version()}-{target.name}.zip"
        staging.mkdir()
        stage_extension(target, wheels, wheel_folder, staging)
        log, built = f"extension-{target.name}", Path(folder) / "built.zip"
        run_logged([*tool, "build", "--source-dir", staging, "--output-filepath", built], f"{log}-build")
        repack(built, zip_path)
        _validate([*tool, "validate", f"--valid-tags={tags}", zip_path], f"{log}-validate")
        check_size(zip_path, SIZE_BUDGETS_BYTES[variant][target.platform])
        DIST_FOLDER.mkdir(exist_ok=True)
        shutil.move(zip_path, DIST_FOLDER / zip_path.name)
        for name in (SBOM_NAME, INVENTORY_NAME):
            shutil.copyfile(staging / name, DIST_FOLDER / f"{zip_path.stem}.{name}")
    size_mb = (DIST_FOLDER / zip_path.name).stat().st_size / 1e6
    say(f"{zip_path.name}: {size_mb:.1f} MB, valid ({time.monotonic() - started:.0f} s)")
    return DIST_FOLDER / zip_path.name


def blender_tool(blender: str) -> list[str | Path]:
    """Return the command of Blender's extension tool, which lies as a plain script in the bpy package.

    Raises:
        SetupError: this Blender's environment cannot be made, or holds no such tool.
    """
    python = ensure_environment(f"bpy-{blender}")
    # Symbolic links to the interpreter must stay: resolved, it would not know its environment.
    environment = python.parent.parent
    scripts = sorted(environment.glob("**/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not scripts:
        raise SetupError(f"The bpy package for Blender {blender} holds no extension tool.")
    return [python, scripts[0]]


def _valid_tags() -> str:
    """Return the path of Blender's list of valid tags, or nothing where no installed Blender brings one."""
    for blender in reversed(BLENDER_PYTHONS):
        if python_for(f"bpy-{blender}") is not None:
            found = sorted(ensure_environment(f"bpy-{blender}").parent.parent.glob(_VALID_TAGS))
            if found:
                return str(found[0])
    return ""


def _validate(command: list[str | Path], log: str) -> None:
    output = run_logged(command, log)
    if "warning" in output.lower():
        raise SetupError(f"Blender's tool warns of the zip:\n{output.rstrip()}")


def check_size(zip_path: Path, budget_bytes: int) -> None:
    """Check that a zip is within its budget; SetupError where it is not."""
    size_bytes = zip_path.stat().st_size
    if size_bytes > budget_bytes:
        raise SetupError(
            f"{zip_path.name} would be {size_bytes / 1e6:.1f} MB; its budget is {budget_bytes / 1e6:.0f} MB."
        )
