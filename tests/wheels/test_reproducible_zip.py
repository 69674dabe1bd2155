"""The same files give the same bytes, whatever the order, the clock and the rights they were packed with."""

import os
import zipfile
from pathlib import Path

from wheels.reproducible_zip import repack


def packed(folder: Path, name: str, order: list[str], mode: int, time_s: int) -> Path:
    """Pack files of a folder the ordinary way."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("part")
        for file in order:
            (folder / file).chmod(mode)
            os.utime(folder / file, (time_s, time_s))
            archive.write(folder / file, f"part/{file}")
    return path


def test_two_packings_are_equal_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print(1)\n" * 100)
    (tmp_path / "b.whl").write_bytes(b"wheel" * 100)
    first = packed(tmp_path, "first.zip", ["a.py", "b.whl"], 0o644, 1_000_000_000)
    second = packed(tmp_path, "second.zip", ["b.whl", "a.py"], 0o700, 1_500_000_000)
    assert first.read_bytes() != second.read_bytes()
    for path in (first, second):
        repack(path, path.with_suffix(".out"))
    assert first.with_suffix(".out").read_bytes() == second.with_suffix(".out").read_bytes()
    with zipfile.ZipFile(first.with_suffix(".out")) as archive:
        assert archive.namelist() == ["part/a.py", "part/b.whl"]
        assert archive.read("part/b.whl") == (tmp_path / "b.whl").read_bytes()
        assert archive.getinfo("part/b.whl").compress_type == zipfile.ZIP_STORED
