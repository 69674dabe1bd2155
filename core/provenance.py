"""What the motion file says about how it was made: versions, hashes of weights and body, options, warnings."""

import dataclasses
import hashlib
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .body_file import open_body_path
from .models.engine import Network
from .protocol import Warning
from .settings import EstimateSettings
from .version import read_version

PACKAGES: Final = ("numpy", "scipy", "cv2", "onnxruntime", "torch", "ultralytics")
"""Those that had a part in the result, where they were loaded."""


def describe_run(
    settings: EstimateSettings,
    focal_length_source: str,
    networks: Mapping[str, Network],
    warnings: Sequence[Warning],
) -> dict[str, Any]:
    """Return the metadata of a motion file; files go by their names, never by their paths."""
    return {
        "jointwise": read_version(),
        "python": platform.python_version(),
        "packages": {name: sys.modules[name].__version__ for name in PACKAGES if name in sys.modules},
        "video": settings.video.name,
        "backbone": settings.backbone,
        "options": _options(settings),
        "focal_length_source": focal_length_source,
        "engines": {name: f"{network.engine} on {network.device}" for name, network in networks.items()},
        "sha256": {
            **{name: network.weights_sha256 for name, network in networks.items()},
            **{path.name: _sha256(path) for path in _other_files(settings) if path},
        },
        "warnings": [warning.message for warning in warnings],
    }


def _other_files(settings: EstimateSettings) -> list[Path | None]:
    """Return the files that decide the result beside the networks: bodies, detector, description of a network."""
    # Own networks go through the open lifter, which knows the open body, whatever body the motion ends on.
    open_body = None if settings.backbone == "pare" else open_body_path()
    return [open_body, settings.smpl, settings.detector_weights, settings.network]


def _options(settings: EstimateSettings) -> dict[str, Any]:
    """Return what the user chose, or left as it was; the video, the outputs and the threads aside."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    return {
        name: value.name if isinstance(value, Path) else value
        for name, value in values.items()
        if value is not None and name not in ("video", "output", "overlay", "threads")
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
