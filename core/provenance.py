"""What the motion file says about how it was made: versions, hashes of weights and body, options, warnings."""

import dataclasses
import hashlib
import platform
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from .body_file import open_body_path
from .models.engine import network_files
from .protocol import Warning
from .settings import EstimateSettings
from .version import read_version


def describe_run(settings: EstimateSettings, focal_length_source: str, warnings: Sequence[Warning]) -> dict[str, Any]:
    """Return the metadata of a motion file; holds no path but the video's name."""
    options = {
        field.name: value
        for field in dataclasses.fields(settings)
        if not isinstance(value := getattr(settings, field.name), Path) and value is not None
    }
    names = ("blazepose_detector", f"blazepose_{settings.model}", "open_lifter", "open_temporal")
    files = [path for name in names for path in network_files(name)]
    return {
        "jointwise": read_version(),
        "python": platform.python_version(),
        "video": settings.video.name,
        "backbone": settings.backbone,
        "options": options,
        "focal_length_source": focal_length_source,
        "sha256": {path.name: _sha256(path) for path in (*files, open_body_path())},
        "warnings": [warning.message for warning in warnings],
    }


@lru_cache
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
