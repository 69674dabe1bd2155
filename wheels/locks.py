"""`dev.py lock`: resolve wheels/locks/*.in afresh and write what is pinned, wheels for the zips with their hashes.

Resolving reads package metadata only; nothing is installed. The zips' wheels are fetched, to list what lies in them.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from .collect_wheels import collect_wheels
from .console import SetupError, run_logged, say
from .environments import SPECS, python_for
from .find_python import which_to_install
from .layout import DEV_FOLDER, LOCKS_FOLDER
from .wheel_contents import read_contents
from .wheel_list import ZIP_TARGETS, WheelList, ZipTarget, pip_target_options

_HEADER: Final = "# Made by `python3 dev.py lock` from {source}; do not edit.\n"


def make_locks(only_zips: bool = False) -> None:
    """Write every lock file anew, or only those of the zips.

    Raises:
        SetupError: a Python is missing, pip finds no set of releases that fit together, or a wheel states no licence.
    """
    for spec in () if only_zips else SPECS.values():
        found = python_for(spec.name)
        if found is None or found[0] != spec.pythons[0]:
            raise SetupError(which_to_install(spec.pythons[0]))
        for lock in spec.lock_paths:
            options = ["--no-deps"] if lock.stem == spec.no_deps_lock else []
            _write_text_lock(found[1], lock, options)
    core_python = python_for("core")
    if core_python is None:
        raise SetupError(which_to_install("3.11"))
    for target in ZIP_TARGETS:
        _write_zip_lock(core_python[1], target)


def _write_zip_lock(interpreter: Path, target: ZipTarget) -> None:
    # pip asks for a target folder when it resolves for another platform; a dry run leaves it alone.
    options = [*pip_target_options(target), f"--target={DEV_FOLDER / 'no-such-folder'}"]
    packages = _resolve(interpreter, LOCKS_FOLDER / target.requirements_name, options)
    files = {unquote(Path(package["download_info"]["url"]).name): _sha256(package) for package in packages}
    wheels = WheelList(target, dict(sorted(files.items())))
    folder = collect_wheels(wheels, interpreter)
    wheels = replace(wheels, contents={name: read_contents(folder / name) for name in wheels.files})
    wheels.save_lock(LOCKS_FOLDER / target.lock_name)
    say(f"wheels/locks/{target.lock_name}: {len(wheels.files)} wheels")


def _write_text_lock(interpreter: Path, lock: Path, options: list[str]) -> None:
    source = lock.with_suffix(".in")
    packages = _resolve(interpreter, source, options)
    # torch's local version (+cpu) is the same release from another index.
    pins = sorted(
        f"{package['metadata']['name'].lower()}=={package['metadata']['version'].partition('+')[0]}"
        for package in packages
    )
    lock.write_text(_HEADER.format(source=source.name) + "\n".join(pins) + "\n", encoding="utf-8")
    say(f"wheels/locks/{lock.name}: {len(pins)} packages")


def _resolve(interpreter: Path, source: Path, options: list[str]) -> list[dict[str, Any]]:
    """Return pip's report of what it would install for the requirements."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip: list[str | Path] = [
            interpreter,
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--ignore-installed",
            "--only-binary=:all:",
        ]
        run_logged([*pip, *options, "--report", report, "-r", source], f"{source.stem}-lock")
        packages: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return packages


def _sha256(package: dict[str, Any]) -> str:
    return str(package["download_info"]["archive_info"]["hashes"]["sha256"])
