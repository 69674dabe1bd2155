"""What lies in a wheel, read from the wheel itself: its modules, its licence, and what its native libraries are for."""

import email.parser
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from .console import SetupError

NATIVE_SUFFIXES: Final = (".so", ".pyd", ".dll", ".dylib")
_MODULE_SUFFIXES: Final = (".py", ".so", ".pyd")

SPDX_BY_STATEMENT: Final = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
}
"""How releases from before licence expressions state their terms; each was read in the release's licence file."""

MACHINES: Final = {"linux-x64": "ELF x86-64", "windows-x64": "PE x86-64", "macos-arm64": "Mach-O arm64"}
"""What a native library must be made for on each platform, in `machines_of`'s words."""

_ELF_MACHINES: Final = {62: "x86-64", 183: "arm64", 3: "x86"}
_PE_MACHINES: Final = {0x8664: "x86-64", 0xAA64: "arm64", 0x14C: "x86"}
_MACH_O_MACHINES: Final = {0x01000007: "x86-64", 0x0100000C: "arm64"}


@dataclass(frozen=True)
class WheelContents:
    """What the lock file says of a wheel beside its hash.

    Attributes:
        license: SPDX licence expression.
        size_bytes: of the wheel's file.
        modules: what can be imported from it, two levels deep, sorted; private submodules are left out.
    """

    license: str
    size_bytes: int
    modules: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return {"license": self.license, "size_bytes": self.size_bytes, "modules": list(self.modules)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "WheelContents":
        """Return what `to_json` was made of."""
        return cls(str(fields["license"]), int(fields["size_bytes"]), tuple(fields["modules"]))


def read_contents(wheel: Path) -> WheelContents:
    """Read a wheel.

    Raises:
        SetupError: it states no licence that we know.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata_name = next(name for name in names if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        metadata = email.parser.Parser().parsestr(archive.read(metadata_name).decode("utf-8"))
    found = {module for name in names for module in _modules_of(name)}
    return WheelContents(_license_of(metadata, wheel.name), wheel.stat().st_size, tuple(sorted(found)))


def _modules_of(name: str) -> list[str]:
    """Return the modules that a member stands for: its package, and itself down to the second level."""
    path = PurePosixPath(name)
    parts = list(path.parts)
    if len(parts) > 2 and parts[0].endswith(".data") and parts[1] in ("purelib", "platlib"):
        parts = parts[2:]
    # Extension modules carry tags: NAME.cpython-311-x86_64-linux-gnu.so.
    parts[-1] = parts[-1].split(".")[0]
    is_importable = path.suffix in _MODULE_SUFFIXES and all(part.isidentifier() for part in parts)
    if not is_importable or any(part.startswith("_") and part != "__init__" for part in parts[1:]):
        return []
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return [".".join(parts[:depth]) for depth in range(1, min(len(parts), 2) + 1)]


def _license_of(metadata: Any, wheel: str) -> str:
    expression = metadata["License-Expression"]
    if expression:
        return str(expression)
    stated = str(metadata["License"] or "").strip()
    classifiers = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier", []) if "License ::" in line]
    for statement in (stated, *classifiers):
        if statement in SPDX_BY_STATEMENT:
            return SPDX_BY_STATEMENT[statement]
        if statement in SPDX_BY_STATEMENT.values():
            return str(statement)
    raise SetupError(f"The wheel {wheel} states the licence '{stated[:60]}', which SPDX_BY_STATEMENT does not know.")


def check_machines(wheel: Path, platform: str) -> int:
    """Check that every native library of a wheel is made for the platform; return how many there are.

    Raises:
        SetupError: names the wheel and the first library that is not.
    """
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not (name.endswith(NATIVE_SUFFIXES) or ".so." in PurePosixPath(name).name):
                continue
            with archive.open(name) as file:
                machines = machines_of(file.read(4096))
            if MACHINES[platform] not in machines:
                raise SetupError(
                    f"In the wheel {wheel.name}, {name} is made for {', '.join(machines) or 'an unknown machine'}, "
                    f"not for {MACHINES[platform]}."
                )
            count += 1
    return count


def machines_of(head: bytes) -> list[str]:
    """Return the format and the processors that a native library is made for, from its first 4096 bytes."""
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        return [f"ELF {_ELF_MACHINES.get(struct.unpack_from('<H', head, 18)[0], 'other')}"]
    if head[:2] == b"MZ" and len(head) >= 64:
        (offset,) = struct.unpack_from("<I", head, 60)
        if head[offset : offset + 4] == b"PE\0\0":
            return [f"PE {_PE_MACHINES.get(struct.unpack_from('<H', head, offset + 4)[0], 'other')}"]
    if head[:4] == b"\xcf\xfa\xed\xfe":
        return [f"Mach-O {_MACH_O_MACHINES.get(struct.unpack_from('<I', head, 4)[0], 'other')}"]
    if head[:4] == b"\xca\xfe\xba\xbe":
        (count,) = struct.unpack_from(">I", head, 4)
        kinds = [struct.unpack_from(">I", head, 8 + 20 * index)[0] for index in range(min(count, 16))]
        return [f"Mach-O {_MACH_O_MACHINES.get(kind, 'other')}" for kind in kinds]
    return []
