"""The libraries of the operating system that a bpy wheel expects, and the command that installs the missing ones."""

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Final

from .console import SetupError, environ_with

DEBIAN_PACKAGES: Final = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libgomp.so.1": "libgomp1",
}
"""What the bpy wheels link to outside themselves (ldd on 4.2, 4.5 and 5.2), and who brings it on Debian and Ubuntu."""


def missing_libraries() -> list[str]:
    """Return those libraries that the loader does not find; empty off Linux, where the wheels bring everything."""
    if not sys.platform.startswith("linux"):
        return []
    return [library for library in DEBIAN_PACKAGES if not _loads(library)]


def debian_packages_for(libraries: list[str]) -> list[str]:
    """Return the Debian packages that hold the libraries; a library that is not in the table stands for itself."""
    return sorted({DEBIAN_PACKAGES.get(library, library) for library in libraries})


def require_bpy(python: Path) -> None:
    """Check that the environment's bpy can be imported.

    Raises:
        SetupError: it cannot; names the missing system libraries with the command for them, or the import's error.
    """
    answer = subprocess.run(
        [str(python), "-c", "import bpy"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environ_with(),
        check=False,
    )
    if answer.returncode == 0:
        return
    reason = (answer.stderr.strip().splitlines() or ["no message"])[-1]
    # The loader names only the first library it misses; the table finds the others.
    libraries = missing_libraries()
    named = reason.partition("ImportError: ")[2].partition(": cannot open shared object file")[0]
    if ".so" in named and named not in libraries:
        libraries.append(named)
    if not libraries:
        raise SetupError(f"Blender's module bpy cannot be imported: {reason}")
    raise SetupError(
        f"Blender's module bpy lacks system libraries: {', '.join(libraries)}. "
        f"On Debian or Ubuntu run: {apt_get_command(libraries)}"
    )


def apt_get_command(libraries: list[str]) -> str:
    """Return the command that installs what holds the libraries."""
    return f"sudo apt-get install -y --no-install-recommends {' '.join(debian_packages_for(libraries))}"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
