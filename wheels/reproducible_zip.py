"""Zips whose bytes depend on the files in them alone: sorted, with fixed times and modes."""

import zipfile
from pathlib import Path
from typing import Final

_FILE_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest that a zip can hold."""

_FILE_MODE: Final = 0o100644 << 16
_STORED_SUFFIXES: Final = (".whl", ".npz")
"""Compressed as they are."""


def repack(source: Path, destination: Path) -> None:
    """Write a zip's files anew, in the order of their names; Blender's own tool takes the file system's order."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(destination, "w") as new:
        for name in sorted(name for name in old.namelist() if not name.endswith("/")):
            member = zipfile.ZipInfo(name, _FILE_TIME)
            # 3 stands for Unix; the default depends on the machine.
            member.create_system, member.external_attr = 3, _FILE_MODE
            member.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED_SUFFIXES) else zipfile.ZIP_DEFLATED
            new.writestr(member, old.read(name))
