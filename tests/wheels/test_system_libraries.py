"""A bpy that cannot be imported is explained: the missing libraries, and the command that brings them."""

import sys
from pathlib import Path

import pytest

from wheels import system_libraries
from wheels.console import SetupError
from wheels.system_libraries import debian_packages_for, require_bpy

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes shell scripts")


def python_that_says(folder: Path, words: str, exit_code: int) -> Path:
    """A stand-in for an environment's Python."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\necho "{words}" >&2\nexit {exit_code}\n')
    script.chmod(0o755)
    return script


def test_missing_library_is_named_with_the_package_that_has_it(tmp_path: Path) -> None:
    words = "ImportError: libXi.so.6: cannot open shared object file: No such file or directory"
    with pytest.raises(SetupError, match=r"libXi\.so\.6.*apt-get install .*libxi6"):
        require_bpy(python_that_says(tmp_path, words, 1))


def test_all_missing_libraries_are_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda: ["libSM.so.6", "libXi.so.6"])
    words = "ImportError: libSM.so.6: cannot open shared object file: No such file or directory"
    with pytest.raises(SetupError, match=r"libsm6 libxi6"):
        require_bpy(python_that_says(tmp_path, words, 1))


def test_another_reason_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "missing_libraries", list)
    with pytest.raises(SetupError, match="numpy has gone"):
        require_bpy(python_that_says(tmp_path, "ImportError: numpy has gone", 1))


def test_working_bpy_passes(tmp_path: Path) -> None:
    require_bpy(python_that_says(tmp_path, "", 0))


def test_unknown_library_stands_for_itself() -> None:
    assert debian_packages_for(["libXi.so.6", "libnew.so.1"]) == ["libnew.so.1", "libxi6"]
