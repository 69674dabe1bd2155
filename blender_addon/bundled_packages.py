"""The packages that the zip brings for the core's process: unpacks them once into a private folder.

They are wheels in `wheels/packages`, listed with their hashes in `wheels.json`. They never come onto Blender's own
path: a bundled numpy or cv2 there has broken other add-ons. Imports no bpy, so that it may run in a thread.
"""

import hashlib
import json
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from ..core.errors import WorkerError

LIST_NAME: Final = "wheels.json"
FOLDER_PREFIX: Final = "core-"
COMPLETE_MARK: Final = "complete.json"
"""Written last: a folder without it is a torso of an unpacking that was interrupted."""

ABANDONED_AFTER_S: Final = 24 * 3600
"""A half-unpacked folder younger than this may belong to another Blender that is at work."""

REINSTALL_HINT: Final = "Install the Jointwise zip again."

ReportProgress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all; may raise to stop the unpacking."""


@dataclass(frozen=True)
class PackageList:
    """What `wheels.json` says.

    Attributes:
        folder: the folder that holds the wheels.
        sha256_by_file: hash of each wheel by its file name.
        python_tags: Python versions that the wheels are for, such as `cp311`; one list may serve several.
        platform: such as `linux_x64`.
        fingerprint: short hash of the list itself; names the private folder.
    """

    folder: Path
    sha256_by_file: dict[str, str]
    python_tags: tuple[str, ...]
    platform: str
    fingerprint: str

    def for_python(self, python_tag: str) -> "PackageList":
        """Return the list with only the wheels that a Python such as `cp311` can use."""
        files = {name: digest for name, digest in self.sha256_by_file.items() if _wheel_fits(name, python_tag)}
        return replace(self, sha256_by_file=files, python_tags=(python_tag,))


def _wheel_fits(file_name: str, python_tag: str) -> bool:
    """True when the tags in a wheel's name (name-version-python-abi-platform.whl) allow this Python."""
    python, abi = file_name.removesuffix(".whl").split("-")[-3:-1] if file_name.count("-") >= 4 else ("", "")
    if abi == "abi3":
        return int(python.removeprefix("cp3")) <= int(python_tag.removeprefix("cp3"))
    return python_tag in python.split(".") or "py3" in python.split(".")


def read_package_list(folder: Path) -> PackageList | None:
    """Return the list of the bundled wheels in a folder, or None where the zip (or the source tree) has none.

    Raises:
        WorkerError: the list is damaged.
    """
    try:
        content = (folder / LIST_NAME).read_bytes()
    except FileNotFoundError:
        return None
    try:
        fields = json.loads(content)
        tags = fields["python"]
        return PackageList(
            folder=folder,
            sha256_by_file={str(name): str(digest) for name, digest in fields["files"].items()},
            python_tags=(tags,) if isinstance(tags, str) else tuple(tags),
            platform=str(fields["platform"]),
            fingerprint=hashlib.sha256(content).hexdigest()[:12],
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise WorkerError(f"The list of bundled packages {folder / LIST_NAME} is damaged.", REINSTALL_HINT) from error


def unpacked_folder(packages: PackageList, private_folder: Path) -> Path | None:
    """Return the folder with the unpacked packages, or None while they are not, or not wholly, unpacked."""
    folder = private_folder / f"{FOLDER_PREFIX}{packages.fingerprint}"
    return folder if (folder / COMPLETE_MARK).is_file() else None


def unpack_packages(packages: PackageList, private_folder: Path, report_progress: ReportProgress) -> Path:
    """Unpack the wheels unless that is done already, remove those of older versions, and return the folder.

    Args:
        private_folder: a writable folder that is ours alone.
        report_progress: called after each file; what it raises stops the work and leaves nothing behind.
    Raises:
        WorkerError: a wheel is missing, altered or malicious, or the folder cannot be written.
    """
    done = unpacked_folder(packages, private_folder)
    if done:
        return done
    target = private_folder / f"{FOLDER_PREFIX}{packages.fingerprint}"
    try:
        partial = Path(tempfile.mkdtemp(dir=private_folder, prefix=f"{target.name}.partial-"))
        try:
            _unpack_all(packages, partial, report_progress)
            (partial / COMPLETE_MARK).write_text(json.dumps(sorted(packages.sha256_by_file)), encoding="utf-8")
            _put_in_place(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise WorkerError(
            f"The bundled packages cannot be unpacked into {private_folder} ({error.strerror or error}).",
            "Free some space, or make that folder writable.",
        ) from error
    _remove_old_folders(private_folder, target)
    return target


def _put_in_place(partial: Path, target: Path) -> None:
    """Rename the finished folder; where another Blender was faster, its folder is as good."""
    if target.exists() and not (target / COMPLETE_MARK).is_file():
        shutil.rmtree(target)
    try:
        partial.replace(target)
    except OSError:
        if not (target / COMPLETE_MARK).is_file():
            raise


def _unpack_all(packages: PackageList, target: Path, report_progress: ReportProgress) -> None:
    wheels = [_checked_wheel(packages, name, digest) for name, digest in packages.sha256_by_file.items()]
    try:
        archives = [zipfile.ZipFile(wheel) for wheel in wheels]
    except zipfile.BadZipFile as error:
        raise WorkerError("A bundled package is not a wheel.", REINSTALL_HINT) from error
    total_bytes = sum(member.file_size for archive in archives for member in archive.infolist())
    done_bytes = 0
    report_progress(done_bytes, total_bytes)
    try:
        for archive in archives:
            for member in archive.infolist():
                _unpack_member(archive, member, target)
                done_bytes += member.file_size
                report_progress(done_bytes, total_bytes)
    finally:
        for archive in archives:
            archive.close()


def _checked_wheel(packages: PackageList, name: str, sha256: str) -> Path:
    """Return the wheel's path when its name is a plain file name and its content has the listed hash."""
    wheel = packages.folder / name
    if PurePosixPath(name).name != name or "\\" in name or not name.endswith(".whl"):
        raise WorkerError(f"The list of bundled packages names the file '{name}', which is no wheel.", REINSTALL_HINT)
    try:
        with wheel.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise WorkerError(f"The bundled package {name} is missing.", REINSTALL_HINT) from error
    if found != sha256:
        raise WorkerError(f"The bundled package {name} is damaged: its hash is not the listed one.", REINSTALL_HINT)
    return wheel


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Write one file of a wheel below the target; skips what is not for a Python path (scripts, headers, data)."""
    relative = _safe_relative_path(member, archive.filename or "")
    if member.is_dir() or relative is None:
        return
    path = target / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, path.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)


def _safe_relative_path(member: zipfile.ZipInfo, wheel: str) -> PurePosixPath | None:
    """Return where a member goes below the target, or None for one that is left out.

    Raises:
        WorkerError: the member is a link, or would land outside the target.
    """
    path = PurePosixPath(member.filename)
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    is_outside = path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename
    if is_link or is_outside:
        raise WorkerError(
            f"The bundled package {Path(wheel).name} holds the unsafe path '{member.filename}'.", REINSTALL_HINT
        )
    if not path.parts[:1] or not path.parts[0].endswith(".data"):
        return path
    # Source: the wheel format; <name>.data/purelib and platlib belong to the root, the rest to a full installation.
    if len(path.parts) > 2 and path.parts[1] in ("purelib", "platlib"):
        return PurePosixPath(*path.parts[2:])
    return None


def _remove_old_folders(private_folder: Path, current: Path) -> None:
    """Remove the packages of older versions and abandoned torsos; one that is in use (Windows) stays until later."""
    for folder in private_folder.glob(f"{FOLDER_PREFIX}*"):
        is_partial = ".partial-" in folder.name
        if folder == current or (is_partial and time.time() - folder.stat().st_mtime < ABANDONED_AFTER_S):
            continue
        shutil.rmtree(folder, ignore_errors=True)
