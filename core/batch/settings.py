"""What the user asked of a batch, as frozen dataclasses."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

DEFAULT_OUTPUT: Final = "motions"
"""Folder inside the videos' folder, where none is named."""


@dataclass(frozen=True)
class RaySettings:
    """A Ray cluster, and what one video may use of it.

    Note: `address` is `auto` (the cluster of this machine), `local` (one of its own), `host:port` or `ray://host:port`.
    """

    address: str
    cpus_per_video: float = 2.0
    gpus_per_video: float = 0.0
    retries: int = 3


@dataclass(frozen=True)
class BatchSettings:
    """Options of `python -m core batch`.

    Note: `estimate` holds the fields of EstimateSettings that apply to every video, by name.
    `is_everything_new` estimates also what was done before.
    """

    folder: Path
    output: Path
    is_recursive: bool = False
    has_overlays: bool = False
    is_everything_new: bool = False
    jobs: int = 1
    estimate: dict[str, Any] = field(default_factory=dict)
    ray: RaySettings | None = None
