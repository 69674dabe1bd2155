"""Find a Python interpreter of a given version on this machine.

Read by any Python 3 (dev.py imports it before it knows under which one it runs), so it keeps to old syntax.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_FOR_DEV = (3, 11)

# An interpreter without ensurepip (Debian's without python3-venv) cannot make environments.
_PROBE = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2], sys.maxsize > 2**32, sys.executable)"


def find_python(version: str) -> Path | None:
    """Return an interpreter of the version ("3.11") that can make environments, or None.

    Note: looks at the Python that runs this, then PATH, pyenv and, on Windows, the launcher `py`.
    """
    for command in _candidates(version):
        executable = _probe(command, version)
        if executable is not None:
            return executable
    return None


def which_to_install(version: str) -> str:
    """Return one sentence that says how to get the version for this operating system."""
    if sys.platform == "win32":
        return f"Jointwise needs Python {version}: run `winget install Python.Python.{version}` and start again."
    if sys.platform == "darwin":
        return f"Jointwise needs Python {version}: run `brew install python@{version}` and start again."
    return (
        f"Jointwise needs Python {version} with its venv module: run `sudo apt-get install python{version}-venv`, "
        f"or `pyenv install {version}` where your system has no such package, and start again."
    )


def _candidates(version: str) -> list[list[str]]:
    """Return the commands that may start the version, the cheapest to find first."""
    commands = []
    if sys.version_info[:2] == tuple(int(part) for part in version.split(".")):
        # An environment's Python is a fine base: venv goes through to the interpreter behind it.
        commands.append([sys.executable])
    on_path = shutil.which("python" + version)
    if on_path:
        commands.append([on_path])
    pyenv_root = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")))
    binary = ("python.exe",) if sys.platform == "win32" else ("bin", "python")
    commands += [[str(folder.joinpath(*binary))] for folder in sorted(pyenv_root.glob(f"versions/{version}.*"))]
    if sys.platform == "win32" and shutil.which("py"):
        commands.append(["py", "-" + version])
    return commands


def _probe(command: list[str], version: str) -> Path | None:
    """Return the path of the interpreter behind the command if it is a 64-bit one of the version."""
    try:
        # Without a standard input: a stand-in that asks questions must not wait for an answer.
        answer = subprocess.run(
            [*command, "-c", _PROBE], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found_version, is_64_bit, executable = answer.stdout.strip().split(" ", 2)
    return Path(executable) if found_version == version and is_64_bit == "True" else None
