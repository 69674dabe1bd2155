"""The one process of the core that stays after a run, so that the next run starts at once. Imports no bpy.

It waits in `core/serve.py` and ends by itself when it has idled for long, when Blender's end of its pipes closes, or
after its run where another Blender of this user has one that stays (the lock file). Only Blender's main thread and the
thread that prepares a run come here, one after the other.
"""

import threading
from typing import Final

from .core_process import CoreProcess
from .worker_runtime import WorkerCommand

LOCK_FILE: Final = "core.lock"

_idle: list[CoreProcess] = []
_lock = threading.Lock()


def take_warm(command: WorkerCommand) -> CoreProcess | None:
    """Return the waiting process, which is then the caller's; None where there is none for just this command.

    One of another Python, other settings or another version of the add-on is ended.
    """
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.command == command and process.is_running():
                return process
            process.kill()
    return None


def start_serving(command: WorkerCommand) -> CoreProcess:
    """Start a process that stays after its first run.

    Raises:
        WorkerError: it cannot be started.
    """
    idle = ["--idle-seconds", str(command.keep_ready_s), "--lock", str(command.lock_folder / LOCK_FILE)]
    return CoreProcess(command, ["serve", "--json", *idle])


def keep_warm(process: CoreProcess) -> None:
    """Let a process that has ended its run wait for the next one."""
    with _lock:
        others = list(_idle)
        _idle[:] = [process]
    for other in others:
        other.kill()


def end_warm() -> None:
    """End the waiting process, if there is one: the add-on is switched off."""
    with _lock:
        others = list(_idle)
        _idle.clear()
    for other in others:
        other.kill()
