"""A release has one version, which the changelog knows, and checksums that hold."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from core.version import read_version as version_in_the_core
from wheels.console import SetupError
from wheels.layout import ROOT
from wheels.release import CHANGELOG, CHECKSUMS_NAME, check_changelog, write_checksums
from wheels.stage import read_version


def test_version_stands_in_the_manifest_alone() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text())
    assert version_in_the_core() == read_version() == manifest["version"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert "version" in project["dynamic"]


def test_changelog_knows_this_version() -> None:
    check_changelog(read_version(), CHANGELOG.read_text())


@pytest.mark.parametrize("text", ["# Changes\n", "## 1.0.0\nOld.\n\n## 1.1.0\nNew.\n", "## 1.1.0\n\n## 1.0.0\nOld.\n"])
def test_version_without_a_section_is_refused(text: str) -> None:
    with pytest.raises(SetupError, match=r"what is new in 1\.1\.0"):
        check_changelog("1.1.0", text)


def test_checksums_name_every_file(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"b")
    (tmp_path / "a.json").write_bytes(b"a")
    for _ in range(2):
        write_checksums(tmp_path)
    expected = [f"{hashlib.sha256(name[:1].encode()).hexdigest()}  {name}" for name in ("a.json", "b.zip")]
    assert (tmp_path / CHECKSUMS_NAME).read_text().splitlines() == expected
