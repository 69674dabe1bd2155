"""Which environments the preferences can make, of what, and how big they are. Imports no bpy."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..worker_runtime import extension_root

LISTS_FOLDER: Final = Path("wheels") / "locks"

SIZES_MEASURED: Final = "25 November 2026"


@dataclass(frozen=True)
class Variant:
    """One kind of environment.

    Attributes:
        name: names its folder and its list of packages.
        label: what the button says.
        purpose: what it is for, and on what terms, in one sentence.
        imports: modules that must be there when it is made.
        sizes_gb: download and disk space in GB by operating system (`sys.platform`), as measured.
    """

    name: str
    label: str
    purpose: str
    imports: tuple[str, ...]
    sizes_gb: dict[str, tuple[float, float]]

    @property
    def requirements(self) -> Path:
        """The list of pinned packages, which the zip brings."""
        return extension_root() / LISTS_FOLDER / f"extra-{self.name}.txt"

    @property
    def size_text(self) -> str:
        """How big it is, for the user to read before anything is fetched."""
        sizes = self.sizes_gb.get(sys.platform)
        if sizes is None:
            return "Its size on this system was not measured"
        download, disk = sizes
        return f"Downloads about {download:.1f} GB and takes {disk:.1f} GB of disk (measured {SIZES_MEASURED})"

    @property
    def disk_bytes(self) -> int:
        """Space that making it needs at its peak: the files and their archives; 0 where it was not measured."""
        return round(sum(self.sizes_gb.get(sys.platform, ())) * 1e9)


_CORE_IMPORTS: Final = ("numpy", "scipy", "cv2", "onnxruntime")

VARIANTS: Final = {
    variant.name: variant
    for variant in (
        Variant(
            "torch",
            "Make an Environment for PARE and Graphics Cards",
            "PyTorch: needed by the backbone PARE; runs the networks on NVIDIA cards under Linux and on Apple's chips",
            (*_CORE_IMPORTS, "torch", "safetensors"),
            {"linux": (2.9, 5.2), "win32": (0.3, 0.9), "darwin": (0.3, 0.9)},
        ),
        Variant(
            "everything",
            "Make an Environment for PARE, YOLO and SMPL",
            "PyTorch, Ultralytics (AGPL) and smplx (non-commercial): for your own YOLO weights and SMPL work, too",
            (*_CORE_IMPORTS, "torch", "safetensors", "ultralytics", "lap", "smplx"),
            {"linux": (3.1, 5.7), "win32": (0.4, 1.2), "darwin": (0.4, 1.2)},
        ),
    )
}
"""PyPI's PyTorch is the CUDA build on Linux, the processor's on Windows, and knows Metal on macOS."""


def expected_device() -> str:
    """Return the device that PyTorch from PyPI can find on this system beside the processor: `cuda`, `mps` or none."""
    if sys.platform.startswith("linux"):
        return "cuda"
    return "mps" if sys.platform == "darwin" and platform.machine() == "arm64" else ""
