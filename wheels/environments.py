"""The environments under .dev/envs: one per purpose, keyed by the hash of what is pinned in it.

A finished environment carries a marker file, so one whose making was cut off never counts and is made anew.
"""

import hashlib
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .console import SetupError, run_logged, say
from .file_lock import file_lock
from .find_python import find_python, which_to_install
from .layout import BLENDER_PYTHONS, DEV_FOLDER, IS_WINDOWS, LOCKS_FOLDER

_MARKER: Final = "jointwise-ready"


@dataclass(frozen=True)
class EnvironmentSpec:
    """What an environment is made of.

    Attributes:
        name: also the name of its lock, `wheels/locks/NAME.txt`.
        pythons: Python versions that it may have, the preferred one first.
        no_deps_lock: packages whose declared dependencies are not wanted, installed after the lock.
    """

    name: str
    pythons: tuple[str, ...]
    no_deps_lock: str | None = None

    @property
    def lock_paths(self) -> list[Path]:
        """The lock files, in the order of installing."""
        names = [self.name] + ([self.no_deps_lock] if self.no_deps_lock else [])
        return [LOCKS_FOLDER / f"{name}.txt" for name in names]


SPECS: Final = {
    spec.name: spec
    for spec in (
        EnvironmentSpec("core", ("3.11", "3.13")),
        EnvironmentSpec("docs", ("3.11", "3.13")),
        EnvironmentSpec("test", ("3.11", "3.13"), no_deps_lock="test-no-deps"),
        *(EnvironmentSpec(f"bpy-{blender}", (python,)) for blender, python in BLENDER_PYTHONS.items()),
    )
}


def python_for(name: str) -> tuple[str, Path] | None:
    """Return (version, interpreter) to make the environment with, or None when none that fits is installed."""
    for version in SPECS[name].pythons:
        interpreter = find_python(version)
        if interpreter is not None:
            return version, interpreter
    return None


def ensure_environment(name: str) -> Path:
    """Return the Python of the environment, which is made first where it is missing or its lock has changed.

    Raises:
        SetupError: no fitting Python is installed, or a package cannot be installed.
    """
    found = python_for(name)
    if found is None:
        raise SetupError(which_to_install(SPECS[name].pythons[0]))
    version, interpreter = found
    folder = DEV_FOLDER / "envs" / f"{name}-py{version}-{_key(SPECS[name], version)}"
    if not _is_ready(folder):
        with file_lock(DEV_FOLDER / "envs" / f"{name}.lock"):
            if not _is_ready(folder):
                _make(SPECS[name], interpreter, folder)
    return environment_python(folder)


def environment_python(folder: Path) -> Path:
    """Return the path of the Python in an environment's folder."""
    return folder / "Scripts" / "python.exe" if IS_WINDOWS else folder / "bin" / "python"


def _key(spec: EnvironmentSpec, version: str) -> str:
    digest = hashlib.sha256(f"{version} {sys.platform} {platform.machine()}".encode())
    for path in spec.lock_paths:
        # Line ends differ between check-outs of the same file.
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


def _is_ready(folder: Path) -> bool:
    return (folder / _MARKER).exists() and environment_python(folder).exists()


def _make(spec: EnvironmentSpec, interpreter: Path, folder: Path) -> None:
    """Make the environment in place and mark it; then remove those of the same name with an older lock."""
    started = time.monotonic()
    say(f"Making the environment {spec.name} (first time, or its lock has changed; some minutes) ...")
    shutil.rmtree(folder, ignore_errors=True)
    run_logged([interpreter, "-m", "venv", folder], f"{spec.name}-venv")
    pip: list[str | Path] = [
        environment_python(folder),
        "-m",
        "pip",
        "install",
        "--only-binary=:all:",
        "--progress-bar=off",
    ]
    for lock in spec.lock_paths:
        no_deps = ["--no-deps"] if lock.stem == spec.no_deps_lock else []
        run_logged([*pip, *no_deps, "-r", lock], f"{lock.stem}-install")
    (folder / _MARKER).write_text("made whole\n", encoding="utf-8")
    for other in folder.parent.glob(f"{spec.name}-py*"):
        if other != folder and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
    say(f"The environment {spec.name} is ready ({time.monotonic() - started:.0f} s).")
