"""Which interpreter runs the core, with which packages, in which environment. Imports no bpy; starts nothing."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ..core.errors import WorkerError
from .bundled_packages import PackageList, ReportProgress, read_package_list, unpack_packages

INTERPRETER_VARIABLE: Final = "JOINTWISE_PYTHON"
PACKAGES_FOLDER: Final = Path("wheels") / "packages"

Origin = Literal["preference", "environment", "blender"]


@dataclass(frozen=True)
class Interpreter:
    """A Python that can run the core, and who named it."""

    path: Path
    origin: Origin


@dataclass(frozen=True)
class WorkerCommand:
    """All that starting the core takes.

    Attributes:
        arguments: the interpreter and its arguments up to `-m core`; the command's own arguments follow.
        environment: the whole environment of the child.
        folder: the child's working folder, the extension's root, where Python finds `core`.
        keep_ready_s: how long the process waits for another run after its last one; 0 to end with its run.
        lock_folder: where the lock of the one process that waits lies.
        stamp: changes with the add-on's files, whose older version must not answer for a newer one.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    keep_ready_s: float = 0.0
    lock_folder: Path = Path()
    stamp: tuple[int, ...] = ()


def extension_root() -> Path:
    """Return the folder that holds `core` and `blender_addon`."""
    return Path(__file__).resolve().parent.parent


def choose_interpreter(preferred: str, environment: Mapping[str, str] = os.environ) -> Interpreter:
    """Return the preference's interpreter, else the environment variable's, else Blender's own.

    Raises:
        WorkerError: the named file does not exist, or Blender's own Python is not found.
    """
    choices: tuple[tuple[str, Origin, str], ...] = (
        (preferred.strip(), "preference", "Correct or clear it in the add-on's preferences."),
        (environment.get(INTERPRETER_VARIABLE, ""), "environment", f"Correct or clear {INTERPRETER_VARIABLE}."),
    )
    for name, origin, hint in choices:
        if not name:
            continue
        path = Path(name).expanduser()
        if not path.is_file():
            raise WorkerError(f"The Python interpreter {name} does not exist.", hint)
        # Not resolved: the link of a virtual environment is what makes it one.
        return Interpreter(path.absolute(), origin)
    return Interpreter(blender_python(), "blender")


def blender_python() -> Path:
    """Return the Python executable that Blender brings, or that bpy was imported into.

    Raises:
        WorkerError: there is none.
    """
    executable = Path(sys.executable or "")
    if executable.name.lower().startswith("python"):
        return executable
    folder = Path(sys.exec_prefix)
    patterns = ("bin/python.exe", "python.exe", f"bin/python3.{sys.version_info.minor}", "bin/python3*")
    for pattern in patterns:
        for candidate in sorted(folder.glob(pattern)):
            if candidate.is_file():
                return candidate
    raise WorkerError("Blender's own Python was not found.", "Name a Python in the add-on's preferences.")


def bundled_packages(root: Path) -> PackageList | None:
    """Return the list of the wheels that this copy of the extension brings, if any."""
    return read_package_list(root / PACKAGES_FOLDER)


def prepare_worker(
    preferred: str, private_folder: Path, report_progress: ReportProgress, keep_ready_s: float = 0.0
) -> WorkerCommand:
    """Choose the interpreter, unpack the bundled packages for it where that is needed, and return the command.

    Args:
        preferred: the preference's interpreter, or an empty string.
        private_folder: a writable folder that is ours alone, for the unpacked packages.
        report_progress: see `unpack_packages`.
        keep_ready_s: see `WorkerCommand`.
    Raises:
        WorkerError: no interpreter, or packages that do not fit it or cannot be unpacked.
    """
    root = extension_root()
    interpreter = choose_interpreter(preferred)
    packages_folder = None
    if interpreter.origin == "blender":
        packages = bundled_packages(root)
        if packages:
            packages_folder = unpack_packages(_fitting(packages), private_folder, report_progress)
    arguments = (str(interpreter.path), "-m", "core")
    environment = worker_environment(os.environ, packages_folder)
    return WorkerCommand(arguments, environment, root, keep_ready_s, private_folder, _stamp(root))


def _stamp(root: Path) -> tuple[int, ...]:
    """Return when the files that another version replaces were written."""
    files = (root / "blender_manifest.toml", root / "core" / "pipeline.py", root / "core" / "protocol.py")
    return tuple(path.stat().st_mtime_ns for path in files if path.is_file())


def own_python_tag() -> str:
    """Return the tag of Blender's Python as wheels name it, such as `cp311`."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def _fitting(packages: PackageList) -> PackageList:
    """Return the packages for Blender's own Python."""
    own_tag = own_python_tag()
    if own_tag not in packages.python_tags:
        raise WorkerError(
            f"This zip brings packages for {', '.join(packages.python_tags)}, but this Blender's Python is {own_tag}.",
            "Install the Jointwise zip for this version of Blender, or name a Python in the add-on's preferences.",
        )
    return packages.for_python(own_tag)


def worker_environment(environment: Mapping[str, str], packages_folder: Path | None) -> dict[str, str]:
    """Return the core's environment: the user's without anything that would lead its Python astray.

    Args:
        packages_folder: the unpacked packages, or None for an interpreter with packages of its own.
    """
    clean = {name: value for name, value in environment.items() if not name.upper().startswith(("PYTHON", "__PYVENV"))}
    clean |= {
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        # Threads that wait by spinning slow down both each other and Blender.
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    if packages_folder is None:
        return clean | {"PYTHONDONTWRITEBYTECODE": "1"}
    # The packages come without byte code: keep it beside them, or each start compiles them anew.
    return clean | {
        "PYTHONPATH": str(packages_folder),
        "PYTHONPYCACHEPREFIX": str(packages_folder / ".bytecode"),
    }
