"""Which files of the repository go into an extension zip, and a clean folder that holds just those."""

import re
import shutil
import tomllib
from pathlib import Path
from typing import Final

from .console import SetupError
from .docs_site import write_site
from .layout import ROOT
from .sbom import INVENTORY_NAME, SBOM_NAME, inventory_text, make_sbom, sbom_text
from .wheel_list import WheelList, ZipTarget

_NETWORKS: Final = (
    "blazepose_detector", "blazepose_full", "blazepose_heavy", "nanodet_detector",
    "open_lifter", "open_temporal", "open_contacts",
)  # fmt: skip

SHIPPED_PATTERNS: Final = (
    "__init__.py",
    "LICENSE",
    "LICENSES.md",
    "blender_addon/**/*.py",
    "blender_addon/**/*.tsv",
    "wheels/locks/extra-*.txt",
    "core/*.py",
    "core/batch/*.py",
    "core/models/*.py",
    "core/motion_import/*.py",
    "core/refinement/*.py",
    "core/assets/open_body.npz",
    "core/assets/confidence.json",
    "core/assets/**/*.txt",
    "core/assets/**/*.md",
    "core/assets/**/LICENSE*",
    "core/assets/**/NOTICE*",
    *(f"core/assets/onnx/{name}.onnx" for name in _NETWORKS),
)
"""Everything else stays out: tests, training, conversion, the weights that the ONNX files are made from."""

_NOT_SHIPPED: Final = {"core/assets/onnx/made-from.txt"}

_REQUIRED: Final = (
    "LICENSE",
    "LICENSES.md",
    "core/assets/open_body.npz",
    *(f"core/assets/onnx/{name}.onnx" for name in _NETWORKS),
)

SITE_LIMIT_BYTES: Final = 3_000_000
"""What the documentation may take of the zip."""


def shipped_files() -> list[str]:
    """Return the paths of the shipped files, relative, with forward slashes, sorted; without wheels and manifest."""
    found = {path.relative_to(ROOT).as_posix() for pattern in SHIPPED_PATTERNS for path in ROOT.glob(pattern)}
    return sorted(name for name in found - _NOT_SHIPPED if (ROOT / name).is_file())


def stage_extension(target: ZipTarget, wheels: WheelList, wheel_folder: Path, staging: Path) -> None:
    """Fill an empty folder with the extension for the target.

    Raises:
        SetupError: a file that must ship is not there.
    """
    files = shipped_files()
    for name in _REQUIRED:
        if name not in files:
            raise SetupError(f"{name} is missing, so no extension zip can be made.")
    for name in files:
        _copy(ROOT / name, staging / name)
    for name in wheels.files:
        _copy(wheel_folder / name, staging / "wheels" / "packages" / name)
    wheels.save(staging / "wheels" / "packages" / "wheels.json")
    sbom = make_sbom(read_version(), wheels, files)
    (staging / SBOM_NAME).write_text(sbom_text(sbom), encoding="utf-8")
    (staging / INVENTORY_NAME).write_text(inventory_text(sbom), encoding="utf-8")
    write_help_pages(staging / "docs")
    manifest = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    (staging / "blender_manifest.toml").write_text(manifest_for(manifest, target), encoding="utf-8")


def read_version() -> str:
    """Return the version, which stands in the extension's manifest."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    return str(manifest["version"])


def write_help_pages(folder: Path) -> None:
    """Write the documentation into the zip's folder for it, where the add-on's Help opens it."""
    write_site(folder)
    size_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size_bytes > SITE_LIMIT_BYTES:
        raise SetupError(f"The documentation has {size_bytes / 1e6:.1f} MB, more than {SITE_LIMIT_BYTES / 1e6:.0f} MB.")


def manifest_for(manifest: str, target: ZipTarget) -> str:
    """Return the manifest's text with the target's platform and range of Blender versions."""
    lines = [f'blender_version_min = "{target.blender_min}"']
    if target.blender_max is not None:
        lines.append(f'blender_version_max = "{target.blender_max}"')
    lines.append(f'platforms = ["{target.platform}"]')
    text, count = re.subn(r"^blender_version_min = .*$", "\n".join(lines), manifest, flags=re.MULTILINE)
    if count != 1:
        raise SetupError("blender_manifest.toml must have exactly one line blender_version_min.")
    return text


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, destination)
