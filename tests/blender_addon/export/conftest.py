"""After a glTF export, bpy 4.2 (the Python module, not Blender) crashes when Python ends, without us too."""

import os
import sys

import bpy
import pytest

ENDS_BADLY = bpy.app.version < (4, 3, 0)
_status: list[int] = []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    _status.append(int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """End the process with pytest's exit code before Python's own end; all reports are written by now."""
    if ENDS_BADLY and _status:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_status[-1])
