"""The pinned wheels of one extension zip: which target it is for, and each wheel's name and hash.

Stored as wheels/locks/zip-PLATFORM-PYTHON.json by `dev.py lock`, with what lies in each wheel. Names and hashes go
into the zip as wheels/packages/wheels.json, by which the add-on unpacks the wheels for the core's process.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .console import SetupError
from .layout import LOCKS_FOLDER
from .wheel_contents import WheelContents


@dataclass(frozen=True)
class ZipTarget:
    """One platform and Python that a zip is built for.

    Attributes:
        platform: Blender's name of the platform.
        python: the wheel tag of Blender's Python.
        blender_min, blender_max: the Blenders that have this Python; the maximum is exclusive, None for open.
        blender: the Blender whose tool builds the zip.
    """

    platform: str
    python: str
    blender_min: str
    blender_max: str | None
    blender: str

    @property
    def name(self) -> str:
        """Name of the target in file names."""
        return f"{self.platform.replace('-', '_')}-{self.python}"

    @property
    def lock_name(self) -> str:
        """Name of the file that lists the wheels."""
        return f"zip-{self.platform}-{self.python}.json"

    @property
    def requirements_name(self) -> str:
        """Name of the file that says what the list is resolved from."""
        return "zip-windows-x64.in" if self.platform == "windows-x64" else "zip.in"


PLATFORMS: Final = ("linux-x64", "windows-x64", "macos-arm64")

ZIP_TARGETS: Final = tuple(
    target
    for platform in PLATFORMS
    for target in (
        ZipTarget(platform, "cp311", blender_min="4.2.0", blender_max="5.1.0", blender="4.2"),
        ZipTarget(platform, "cp313", blender_min="5.1.0", blender_max=None, blender="5.2"),
    )
)

# Blender itself asks for glibc 2.28 on Linux, so wheels may, too. ONNX Runtime has no wheel for a macOS before 14.
_PIP_PLATFORMS: Final = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": tuple(f"macosx_{version}_0_arm64" for version in (14, 13, 12, 11)),
}

SIZE_BUDGETS_BYTES: Final = {
    "standard": {"linux-x64": 199_000_000, "windows-x64": 190_000_000, "macos-arm64": 165_000_000},
}
"""The most that a zip of each variant may weigh; extension sites take files up to about 200 MB."""


def pip_target_options(target: ZipTarget) -> list[str]:
    """Return pip's options that choose wheels for the target, whatever machine pip runs on."""
    version = target.python.removeprefix("cp")
    platforms = [f"--platform={platform}" for platform in _PIP_PLATFORMS[target.platform]]
    return [*platforms, "--implementation=cp", f"--python-version={version}"]


@dataclass(frozen=True)
class WheelList:
    """The wheels of one target: file name -> sha256, and in the lock file what lies in each."""

    target: ZipTarget
    files: dict[str, str]
    contents: dict[str, WheelContents] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the list as the zip's wheels.json: names and hashes."""
        path.write_text(json.dumps(self._head(), indent=2) + "\n", encoding="utf-8")

    def save_lock(self, path: Path) -> None:
        """Write the list as a lock file: the same, and a line on what lies in each wheel."""
        lines = [f"    {json.dumps(name)}: {json.dumps(self.contents[name].to_json())}" for name in self.files]
        head = json.dumps(self._head(), indent=2).removesuffix("\n}")
        path.write_text(head + ',\n  "contents": {\n' + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")

    def _head(self) -> dict[str, Any]:
        platform = self.target.platform.replace("-", "_")
        return {"python": self.target.python, "platform": platform, "files": self.files}

    def check(self, folder: Path) -> None:
        """Check that the folder holds exactly these wheels, byte for byte.

        Raises:
            SetupError: names the first wheel that is missing, extra or changed.
        """
        found = {path.name for path in folder.glob("*.whl")}
        for name in sorted(found ^ set(self.files)):
            raise SetupError(
                f"The wheel {name} is {'not pinned' if name in found else 'missing'}: {self.target.lock_name}."
            )
        for name, expected in self.files.items():
            actual = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            if actual != expected:
                raise SetupError(f"The wheel {name} has changed: its hash is not the one in {self.target.lock_name}.")


def load_wheel_list(target: ZipTarget) -> WheelList:
    """Read the target's lock file."""
    contents = json.loads((LOCKS_FOLDER / target.lock_name).read_text(encoding="utf-8"))
    described = {name: WheelContents.from_json(fields) for name, fields in contents.get("contents", {}).items()}
    return WheelList(target, contents["files"], described)
