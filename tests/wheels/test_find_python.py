"""The interpreter finder sees the Python that runs it and refuses stand-ins."""

import sys
from pathlib import Path

import pytest

from wheels.find_python import find_python, which_to_install

OWN_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_own_version_is_found() -> None:
    found = find_python(OWN_VERSION)
    assert found is not None
    assert found.exists()


def test_unknown_version_is_not_found_and_the_sentence_names_it() -> None:
    assert find_python("3.99") is None
    assert "3.99" in which_to_install("3.99")


@pytest.mark.skipif(sys.platform == "win32", reason="makes a shell script")
def test_a_stand_in_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = tmp_path / "python3.99"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_python("3.99") is None
