"""Bring the pinned wheels of one zip onto this machine, byte for byte as they were published."""

import shutil
from pathlib import Path

from .console import run_logged, say
from .file_lock import file_lock
from .layout import WHEEL_FOLDER
from .wheel_contents import check_machines
from .wheel_list import WheelList, pip_target_options


def collect_wheels(wheels: WheelList, python: Path) -> Path:
    """Return a folder with exactly the listed wheels, each checked against its hash.

    Raises:
        SetupError: a wheel cannot be had, is not the one that was pinned, or is for another machine; names it.
    """
    folder = WHEEL_FOLDER / wheels.target.name
    with file_lock(WHEEL_FOLDER / f"{wheels.target.name}.lock"):
        if {path.name for path in folder.glob("*.whl")} != set(wheels.files):
            say(f"Collecting {len(wheels.files)} wheels for {wheels.target.name} ...")
            _download(wheels, python, folder)
        wheels.check(folder)
        for name in wheels.files:
            check_machines(folder / name, wheels.target.platform)
    return folder


def _download(wheels: WheelList, python: Path, folder: Path) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    # A wheel's file name begins with NAME-VERSION.
    pins = ["==".join(name.split("-")[:2]) for name in wheels.files]
    pip: list[str | Path] = [python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--progress-bar=off"]
    run_logged([*pip, *pip_target_options(wheels.target), "--dest", partial, *pins], f"wheels-{wheels.target.name}")
    wheels.check(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
