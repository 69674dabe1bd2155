"""Makes one environment in a thread: Blender's Python, pip, a check; cancelled or failed, it leaves nothing behind.

Imports no bpy: whoever started it calls `poll` from Blender's main thread and reads the public fields.
"""

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...core.errors import CancelledError, EnvironmentMakingError, JointwiseError
from ..worker_runtime import worker_environment
from .variants import Variant, expected_device

COMPLETE_MARK: Final = "jointwise-complete.json"
"""Written last: a folder without it is a torso of a making that was interrupted."""

TEMPORARY_NAME: Final = "tmp"

_CHECK: Final = """
import importlib, json, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
device, name = "cpu", ""
if "torch" in sys.modules:
    import torch
    if torch.cuda.is_available():
        device, name = "cuda", torch.cuda.get_device_name(0)
    elif torch.backends.mps.is_available():
        device = "mps"
print(json.dumps({"device": device, "name": name}))
"""


class EnvironmentMaking:
    """One making of an environment.

    Attributes:
        line: what happens now, pip's own words for the most part.
        python: the environment's interpreter, once it is made.
        device_text: which device its packages found.
    """

    def __init__(self, variant: Variant, base_python: Path, folder: Path) -> None:
        """Start at once.

        Args:
            base_python: makes the environment, and stays behind it.
            folder: where the environment goes; replaced where it exists.
        """
        self.variant = variant
        self.line = "Starting"
        self.python = environment_python(folder)
        self.device_text = ""
        self._base_python = base_python
        self._folder = folder
        self._failure: JointwiseError | None = None
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._make, daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def poll(self) -> bool:
        """Return True once it has ended; then call `result`."""
        return not self._thread.is_alive()

    def result(self) -> Path:
        """Return the environment's Python.

        Raises:
            JointwiseError: what failed, or CancelledError.
        """
        self._thread.join()
        atexit.unregister(self.close)
        if self._failure is not None:
            raise self._failure
        return self.python

    def cancel(self) -> None:
        """End the running program with all that it started, and return; `poll` says when the folder is gone."""
        self._cancelled.set()
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                _kill_tree(self._process)

    def close(self) -> None:
        """Cancel and wait: for the end of the add-on, and of Blender."""
        if self._thread.is_alive():
            self.cancel()
            self._thread.join(timeout=20)

    def _make(self) -> None:
        """Thread: make, check, mark; keep the failure for `result`."""
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._check_space()
            (self._folder / TEMPORARY_NAME).mkdir(parents=True)
            self._run([self._base_python, "-m", "venv", self._folder], "Blender's Python cannot make environments")
            pip: list[str | Path] = [self.python, "-m", "pip", "install", "--no-cache-dir", "--no-input"]
            options = ["--disable-pip-version-check", "--progress-bar=off", "--only-binary=:all:"]
            self._run([*pip, *options, "-r", self.variant.requirements], "The packages cannot be had")
            self._check_imports()
            shutil.rmtree(self._folder / TEMPORARY_NAME, ignore_errors=True)
            mark = json.dumps({"variant": self.variant.name, "device": self.device_text})
            (self._folder / COMPLETE_MARK).write_text(mark, encoding="utf-8")
        except JointwiseError as error:
            self._failure = error
        except OSError as error:
            self._failure = EnvironmentMakingError(
                f"The environment cannot be written to {self._folder} ({error.strerror or error}).",
                "Free some space, or make that folder writable.",
            )
        except Exception as error:  # a thread's exception would vanish
            self._failure = EnvironmentMakingError(f"The environment was not made: {type(error).__name__}: {error}.")
        if self._failure is not None:
            remove_environment(self._folder)

    def _check_space(self) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        free_bytes = shutil.disk_usage(self._folder.parent).free
        if free_bytes < self.variant.disk_bytes:
            raise EnvironmentMakingError(
                f"The environment needs {self.variant.disk_bytes / 1e9:.1f} GB, but {self._folder.parent} "
                f"has {free_bytes / 1e9:.1f} GB free.",
                "Free some space and try again.",
            )

    def _check_imports(self) -> None:
        self.line = "Checking the packages"
        output = self._run([self.python, "-c", _CHECK, ",".join(self.variant.imports)], "The packages do not work")
        found = json.loads(output[-1])
        expected = expected_device() if "torch" in self.variant.imports else ""
        if found["device"] != "cpu":
            self.device_text = f"PyTorch sees {found['name'] or 'the graphics processor'} ({found['device']})"
        elif expected:
            self.device_text = f"PyTorch sees no graphics processor ({expected}); it runs on the processor"
        else:
            self.device_text = "It runs on the processor"

    def _run(self, command: Sequence[str | Path], what_failed: str) -> list[str]:
        """Run a program, show its lines, and return the last of them.

        Raises:
            CancelledError: cancelled meanwhile.
            EnvironmentMakingError: it failed; says `what_failed` and the program's own reason.
        """
        lines: deque[str] = deque(maxlen=200)
        with self._lock:
            if self._cancelled.is_set():
                raise CancelledError
            self._process = process = self._start(command)
        assert process.stdout is not None
        with contextlib.closing(process.stdout) as stdout:
            for line in stdout:
                if line.strip():
                    lines.append(line.strip())
                    self.line = line.strip()
        code = process.wait()
        if self._cancelled.is_set():
            raise CancelledError
        if code != 0:
            raise EnvironmentMakingError(
                f"{what_failed}: {_reason(lines)}", "Check the network, or name a Python of your own instead."
            )
        return list(lines)

    def _start(self, command: Sequence[str | Path]) -> "subprocess.Popen[str]":
        # What pip unpacks on its way lies in the folder, too, so that nothing is left elsewhere when it is killed.
        temporary = str(self._folder / TEMPORARY_NAME)
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env=worker_environment(os.environ, None) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary),
            text=True,
            encoding="utf-8",
            errors="replace",
            # A group of its own, so that what pip starts ends with it.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def _reason(lines: Sequence[str]) -> str:
    """Return the first error that pip names, or the last line of a program that names none, as a sentence."""
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    # The last error names the package; those before it list versions by the dozen.
    reason = errors[-1] if errors else (lines[-1] if lines else "no reason was given")
    return reason.rstrip(".") + "."


def _kill_tree(process: "subprocess.Popen[str]") -> None:
    """End a program and all that it has started."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def environment_python(folder: Path) -> Path:
    """Return the path of the Python in an environment's folder."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def is_complete(folder: Path) -> bool:
    """True for an environment that was made to its end."""
    return (folder / COMPLETE_MARK).is_file()


def remove_environment(folder: Path) -> None:
    """Remove an environment's folder.

    Raises:
        EnvironmentMakingError: a part of it is held open by another program.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise EnvironmentMakingError(f"{folder} cannot be removed.", "Close what uses it, and remove the folder.")
