"""An environment counts only when it was made whole, and is keyed by its lock."""

from pathlib import Path

import pytest

from wheels import environments
from wheels.console import SetupError
from wheels.environments import EnvironmentSpec, ensure_environment, environment_python


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment `tiny` without packages, in folders of its own; returns the folder of its lock."""
    spec = EnvironmentSpec("tiny", ("3.11", "3.13"))
    monkeypatch.setattr(environments, "SPECS", {"tiny": spec})
    monkeypatch.setattr(environments, "DEV_FOLDER", tmp_path / "dev")
    monkeypatch.setattr(environments, "LOCKS_FOLDER", tmp_path)
    (tmp_path / "tiny.txt").write_text("# nothing\n")
    return tmp_path


def test_environment_is_made_once_and_anew_when_its_lock_changes(tiny: Path) -> None:
    first = ensure_environment("tiny")
    made_at = first.parent.parent.stat().st_mtime_ns
    assert ensure_environment("tiny") == first
    assert first.parent.parent.stat().st_mtime_ns == made_at
    (tiny / "tiny.txt").write_text("# still nothing\n")
    second = ensure_environment("tiny")
    assert second != first
    assert second.exists()
    assert not first.exists()


def test_half_made_environment_does_not_count(tiny: Path) -> None:
    folder = ensure_environment("tiny").parent.parent
    (folder / "jointwise-ready").unlink()
    (folder / "left-over").touch()
    assert ensure_environment("tiny") == environment_python(folder)
    assert (folder / "jointwise-ready").exists()
    assert not (folder / "left-over").exists()


def test_package_that_cannot_be_had_is_named(tiny: Path) -> None:
    (tiny / "tiny.txt").write_text("./no-such-wheel-1.0-py3-none-any.whl\n")
    with pytest.raises(SetupError, match="no-such-wheel"):
        ensure_environment("tiny")


def test_missing_python_is_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "find_python", lambda version: None)
    with pytest.raises(SetupError, match=r"Python 3\.11"):
        ensure_environment("tiny")
