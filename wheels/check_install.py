"""`dev.py check-install`: the real zips in fresh Blenders without a network, from installing to removing, with times.

The steps are those of tests/e2e/use_extension_in_blender.py, which the tests run in two Blenders; this runs all.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from .build_zip import blender_tool, build_zip
from .console import SetupError, run_logged, say
from .environments import ensure_environment, python_for
from .layout import BLENDER_PYTHONS, DEV_FOLDER, DIST_FOLDER, ROOT, WALK_EXCERPT
from .wheel_list import SIZE_BUDGETS_BYTES, ZIP_TARGETS

TABLES: Final = ROOT / "docs" / "installing_tables.md"
SCRIPT: Final = ROOT / "tests" / "e2e" / "use_extension_in_blender.py"
FRAME_COUNT: Final = 40

_OTHER_MANIFEST: Final = """schema_version = "1.0.0"
id = "other"
version = "1.0.0"
name = "Other"
tagline = "Brings another version of a package that Jointwise brings"
maintainer = "Nobody"
type = "add-on"
blender_version_min = "4.2.0"
license = ["SPDX:GPL-3.0-or-later"]
wheels = ["./wheels/flatbuffers-0.1-py3-none-any.whl"]
"""


@dataclass(frozen=True)
class InstallRun:
    """What one Blender took, in seconds: installing and enabling; the first estimate with unpacking; a second one."""

    blender: str
    install_s: float
    first_estimate_s: float
    second_estimate_s: float


def check_install(blenders: list[str]) -> int:
    """Check the zips in the given Blenders (none: in all that a Python is here for); write the tables of the docs.

    Raises:
        SetupError: a step fails, a package of Blender's changes, or something is left behind.
    """
    runs = []
    for blender in blenders or list(BLENDER_PYTHONS):
        if python_for(f"bpy-{blender}") is None:
            say(f"Skipped: Blender {blender}, for which no Python is installed.")
            continue
        with tempfile.TemporaryDirectory(dir=DEV_FOLDER) as folder:
            runs.append(_check(blender, Path(folder)))
        TABLES.write_text(tables(sorted(runs, key=lambda run: run.blender)), encoding="utf-8")
    say(f"{len(runs)} Blenders are well; the tables are in {TABLES.relative_to(ROOT)}.")
    return 0


def _check(blender: str, folder: Path) -> InstallRun:
    python = ensure_environment(f"bpy-{blender}")
    tag = f"cp{BLENDER_PYTHONS[blender].replace('.', '')}"
    target = next(target for target in ZIP_TARGETS if (target.platform, target.python) == ("linux-x64", tag))
    zip_path = _zip_of(target.name) or build_zip(target)
    user = folder / "Blender für alle"
    user.mkdir()
    before = _step(python, user, "resolve")["resolved"]
    used = _step(python, user, "use", zip_path, WALK_EXCERPT, folder, FRAME_COUNT)
    if used["operator_result"] != ["FINISHED"] or used["resolved_after_estimate"] != before:
        raise SetupError(f"Blender {blender}: the estimate failed, or packages of Blender changed: {used}")
    if not (folder / "walk.fbx").read_bytes().startswith(b"Kaydara FBX Binary"):
        raise SetupError(f"Blender {blender}: there is no FBX file.")
    other = _step(python, user, "other", make_other_extension(folder, blender))
    if other["version"] != "0.1" or other["operator_registered"] is not True:
        raise SetupError(f"Blender {blender}: another extension does not get its own packages: {other}")
    with _read_only(user / "extensions" / "user_default") as prefix:
        again = _step(python, user, "again", WALK_EXCERPT, folder, FRAME_COUNT, prefix=prefix)
    if again["operator_result"] != ["FINISHED"]:
        raise SetupError(f"Blender {blender}: no estimate from a read-only extension folder.")
    _step(python, user, "remove")
    left = [path for path in user.rglob("*jointwise*") if path.is_file()]
    if left:
        raise SetupError(f"Blender {blender}: removing leaves {left[0]} behind.")
    run = InstallRun(blender, used["install_s"], used["estimate_s"], again["estimate_s"])
    say(f"Blender {blender}: installed in {run.install_s:.1f} s, first estimate {run.first_estimate_s:.1f} s")
    return run


def _zip_of(target: str) -> Path | None:
    """Return a target's zip in dist/, where there is one."""
    found = sorted(DIST_FOLDER.glob(f"**/jointwise-*-{target}.zip"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None


@cache
def no_network_prefix() -> tuple[str, ...]:
    """Return the command that runs another in a network namespace without a route, or nothing where none is allowed."""
    for prefix in (("unshare", "-n"), ("unshare", "-rn")):
        try:
            if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
                return prefix
        except OSError:
            break
    say("Network namespaces are not allowed here, so the checks run with the network.")
    return ()


@contextmanager
def _read_only(extensions: Path) -> Iterator[tuple[str, ...]]:
    """Take the right to write away from the installed extensions; give the command under which that counts for us."""
    paths = [extensions, *extensions.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    # The administrator writes anywhere, unless these powers are laid down.
    is_root = sys.platform.startswith("linux") and os.geteuid() == 0
    prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if is_root else ()
    try:
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        if subprocess.run([*prefix, "test", "-w", str(extensions)], check=False).returncode == 0:
            raise SetupError(f"{extensions} could not be made read-only.")
        yield prefix
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def _step(python: Path, user: Path, *arguments: object, prefix: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run one step in a new start of Blender and return what it says."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("JOINTWISE", "PYTHON"))}
    environ |= {"BLENDER_USER_RESOURCES": str(user), "HOME": str(user.parent)}
    command = [*no_network_prefix(), *prefix, str(python), str(SCRIPT), *map(str, arguments)]
    answer = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=900, check=False)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
    if answer.returncode != 0 or not lines:
        raise SetupError(f"{answer.stdout[-1500:]}{answer.stderr[-1500:]}\nThe step {arguments[0]} failed.")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def make_other_extension(folder: Path, blender: str) -> Path:
    """Make an extension that brings a package of ours in another version, the way the platform wants it."""
    source = folder / "other"
    (source / "wheels").mkdir(parents=True)
    (source / "blender_manifest.toml").write_text(_OTHER_MANIFEST, encoding="utf-8")
    script = "import flatbuffers\n\n\ndef register():\n    pass\n\n\ndef unregister():\n    pass\n"
    (source / "__init__.py").write_text(script, encoding="utf-8")
    with zipfile.ZipFile(source / "wheels" / "flatbuffers-0.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("flatbuffers/__init__.py", '__version__ = "0.1"\n')
        dist = "flatbuffers-0.1.dist-info"
        wheel.writestr(f"{dist}/METADATA", "Metadata-Version: 2.1\nName: flatbuffers\nVersion: 0.1\n")
        wheel.writestr(f"{dist}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{dist}/RECORD", "")
    built = folder / "other.zip"
    tool = blender_tool(blender)
    run_logged([*tool, "build", "--source-dir", source, "--output-filepath", built], "other-extension-build")
    return built


def tables(runs: list[InstallRun]) -> str:
    """Return the page with the tables of sizes and times."""
    lines = [
        "# Sizes and times of installing",
        "",
        f"Made by `python3 dev.py check-install` on {time.strftime('%d %B %Y')}: the real zips of `dist/`, Blender as",
        "the module bpy under Linux x64, an empty user folder in a path with blanks and a letter outside ASCII, and no",
        f"network. The first estimate ({FRAME_COUNT} frames, quality fast) also unpacks the packages, once. The",
        "zips for Windows and macOS are built and checked against their wheels, but were not run.",
        "",
        "| Blender | install and enable, s | first estimate, s | a later estimate, s |",
        "|---|---|---|---|",
        *(
            f"| {run.blender} | {run.install_s:.1f} | {run.first_estimate_s:.1f} | {run.second_estimate_s:.1f} |"
            for run in runs
        ),
        "",
        "| zip | MB | budget, MB |",
        "|---|---|---|",
    ]
    for target in ZIP_TARGETS:
        path = _zip_of(target.name)
        if path is not None:
            budget_mb = SIZE_BUDGETS_BYTES["standard"][target.platform] / 1e6
            lines.append(f"| {path.name} | {path.stat().st_size / 1e6:.1f} | {budget_mb:.0f} |")
    return "\n".join(lines) + "\n"
