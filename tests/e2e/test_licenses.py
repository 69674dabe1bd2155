"""LICENSES.md names the origin and terms of every file that ships, and of every data file of the repository."""

import fnmatch
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from wheels.sbom import INVENTORY_NAME, SBOM_NAME
from wheels.stage import shipped_files
from wheels.wheel_list import ZIP_TARGETS, load_wheel_list

ROOT = Path(__file__).resolve().parents[2]
DATA_SUFFIXES = {".npz", ".npy", ".safetensors", ".onnx", ".mp4", ".mov", ".png", ".jpg", ".bin", ".blend", ".fbx"}


def patterns_below(heading: str) -> list[str]:
    """The patterns of the first column of the table under a heading."""
    section = (ROOT / "LICENSES.md").read_text(encoding="utf-8").partition(f"## {heading}")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]
    return [pattern for cell in cells for pattern in re.findall(r"`([^`]+)`", cell)]


def rows_below(heading: str) -> list[list[str]]:
    section = (ROOT / "LICENSES.md").read_text(encoding="utf-8").partition(f"## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def matches(name: str, pattern: str) -> bool:
    """Whether the pattern names the file; `*.py` stays within its folder, a bare `*` at the end goes deeper."""
    if not fnmatch.fnmatchcase(name, pattern):
        return False
    return pattern.endswith("/*") or name.count("/") == pattern.count("/")


def zip_files() -> dict[str, list[str]]:
    """The files of each zip: the built ones where there are some, else what would go into them."""
    of_linux = {target.name: target.python for target in ZIP_TARGETS if target.platform == "linux-x64"}
    built = {name: os.environ.get(f"JOINTWISE_TEST_ZIP_{python.upper()}") for name, python in of_linux.items()}
    found = {}
    for target in ZIP_TARGETS:
        path = built.get(target.name)
        if path:
            with zipfile.ZipFile(path) as archive:
                found[target.name] = [name for name in archive.namelist() if not name.endswith("/")]
        else:
            wheels = [f"wheels/packages/{name}" for name in [*load_wheel_list(target).files, "wheels.json"]]
            found[target.name] = [*shipped_files(), "blender_manifest.toml", SBOM_NAME, INVENTORY_NAME, *wheels]
    return found


@pytest.mark.parametrize("target", [target.name for target in ZIP_TARGETS])
def test_every_file_of_the_zip_is_listed(target: str) -> None:
    patterns = patterns_below("In the extension zip")
    unlisted = [name for name in zip_files()[target] if not any(matches(name, pattern) for pattern in patterns)]
    assert unlisted == []


def test_every_line_is_in_a_zip() -> None:
    names = [name for files in zip_files().values() for name in files]
    patterns = patterns_below("In the extension zip")
    if not any(name.endswith(".onnx") for name in names):
        patterns = [pattern for pattern in patterns if not pattern.endswith(".onnx")]
    if not any(name.startswith("docs/") for name in names):
        # The pages are rendered as the zip is made.
        patterns = [pattern for pattern in patterns if not pattern.startswith("docs/")]
    assert [pattern for pattern in patterns if not any(matches(name, pattern) for name in names)] == []


@pytest.mark.parametrize("heading", ["In the extension zip", "Only in the repository"])
def test_every_line_has_origin_and_terms(heading: str) -> None:
    rows = rows_below(heading)
    assert rows
    assert [row for row in rows if len(row) != 3 or not all(row)] == []


def test_data_files_of_the_repository_are_listed() -> None:
    answer = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        pytest.skip("not a git checkout")
    patterns = [*patterns_below("In the extension zip"), *patterns_below("Only in the repository")]
    data_files = [name for name in answer.stdout.splitlines() if Path(name).suffix in DATA_SUFFIXES]
    assert [name for name in data_files if not any(matches(name, pattern) for pattern in patterns)] == []


def test_terms_that_bind_us_are_quoted() -> None:
    text = (ROOT / "LICENSES.md").read_text(encoding="utf-8")
    for needed in ("mocap.cs.cmu.edu", "NSF EIA-0196217", "converted", "Apache-2.0", "CC0-1.0", "BSD-3-Clause"):
        assert needed in text
    notice = (ROOT / "core" / "assets" / "BLAZEPOSE_NOTICE.txt").read_text(encoding="utf-8")
    assert "MediaPipe Authors" in notice
    assert "converted" in notice
    assert "Apache License" in (ROOT / "core" / "assets" / "BLAZEPOSE_LICENSE.txt").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text(encoding="utf-8")
