"""Toy wheels and their list. Loaded by conftest."""

import hashlib
import json
import stat
import zipfile

from jointwise_ext.blender_addon.bundled_packages import read_package_list


def write_wheel(folder, name="toy-1.0-py3-none-any.whl", members=None, links=()):
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in (members or {"toy/__init__.py": "VALUE = 42\n"}).items():
            archive.writestr(member, content)
        for member in links:
            entry = zipfile.ZipInfo(member)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc")
    return path


def write_list(folder, *wheels, python="cp311", **hashes):
    files = {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels} | hashes
    (folder / "wheels.json").write_text(json.dumps({"files": files, "python": python, "platform": "linux_x64"}))
    return read_package_list(folder)
