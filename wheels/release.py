"""`dev.py release`: all zips, the index that Blender subscribes to, and their checksums, in one folder."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Final

from .build_zip import blender_tool, build_zip
from .console import SetupError, run_logged, say
from .layout import BLENDER_PYTHONS, DIST_FOLDER, ROOT
from .stage import read_version
from .wheel_list import ZIP_TARGETS

CHANGELOG: Final = ROOT / "docs" / "changelog.md"
CHECKSUMS_NAME: Final = "SHA256SUMS"
INDEX_NAME: Final = "index.json"


def make_release() -> int:
    """Build everything that is published of this version; return the exit code.

    Raises:
        SetupError: the changelog does not know the version, or a zip cannot be built.
    """
    version = read_version()
    check_changelog(version, CHANGELOG.read_text(encoding="utf-8"))
    folder = DIST_FOLDER / f"release-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for target in ZIP_TARGETS:
        zip_path = build_zip(target)
        for path in zip_path.parent.glob(f"{zip_path.stem}.*"):
            shutil.move(path, folder / path.name)
    make_index(folder)
    write_checksums(folder)
    say(f"Release {version}: put the folder's files on a web server; its {INDEX_NAME} is the address for Blender.")
    print(folder)
    return 0


def check_changelog(version: str, text: str) -> None:
    """Check that the changelog's newest section is this version's, and not empty; SetupError where it is not."""
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    newest, _, body = sections[0].partition("\n") if sections else ("", "", "")
    if newest.split()[:1] != [version] or not body.strip():
        raise SetupError(f"docs/changelog.md does not say what is new in {version}: its newest section is '{newest}'.")


def make_index(folder: Path) -> None:
    """Write the extension repository's index of all zips in a folder, by Blender's own tool."""
    tool = blender_tool(next(reversed(BLENDER_PYTHONS)))
    output = run_logged([*tool, "server-generate", "--repo-dir", folder], "extension-index")
    if "error" in output.lower() or "warning" in output.lower():
        raise SetupError(f"Blender's tool refuses the release:\n{output.rstrip()}")
    # The tool lists files in the file system's order; sorted, the same release has the same index.
    path = folder / INDEX_NAME
    index = json.loads(path.read_text(encoding="utf-8"))
    index["data"].sort(key=lambda entry: entry["archive_url"])
    path.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of every file of a folder, as `sha256sum --check` reads it."""
    lines = []
    for path in sorted(path for path in folder.iterdir() if path.name != CHECKSUMS_NAME):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    (folder / CHECKSUMS_NAME).write_text("".join(lines), encoding="utf-8")
