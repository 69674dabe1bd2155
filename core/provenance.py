"""What the motion file says about how it was made: versions, hashes of weights and body, options, warnings."""

import dataclasses
import hashlib
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .body_file import open_body_path
from .models.engine import Network
from .protocol import Warning
from .settings import EstimateSettings
from .version import read_version


def describe_run(
    settings: EstimateSettings,
    focal_length_source: str,
    networks: Mapping[str, Network],
    warnings: Sequence[Warning],
) -> dict[str, Any]:
    """Return the metadata of a motion file; holds no path but the video's name."""
    options = {
        field.name: value
        for field in dataclasses.fields(settings)
        if not isinstance(value := getattr(settings, field.name), Path) and value is not None
    }
    return {
        "jointwise": read_version(),
        "python": platform.python_version(),
        "video": settings.video.name,
        "backbone": settings.backbone,
        "options": options,
        "focal_length_source": focal_length_source,
        "engines": {name: f"{network.engine} on {network.device}" for name, network in networks.items()},
        "sha256": {
            **{name: network.weights_sha256 for name, network in networks.items()},
            open_body_path().name: hashlib.sha256(open_body_path().read_bytes()).hexdigest(),
        },
        "warnings": [warning.message for warning in warnings],
    }
