"""The user's own network files: which backbone uses which, and what is wrong with them. Imports no bpy."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core.errors import OptionError
from ..core.settings import Backbone

CHECKPOINT_VARIABLE: Final = "JOINTWISE_PARE_CHECKPOINT"
"""Names PARE's weights where the preference does not; read by the core."""

LABELS: Final = {
    "pare_checkpoint": "PARE Weights",
    "smpl_file": "SMPL File",
    "temporal_weights": "Temporal Weights",
    "network_file": "Network File",
    "detector_weights": "YOLO Weights",
}
"""What the preferences call each of the files."""

USED_FILES: Final[dict[Backbone, tuple[str, ...]]] = {
    "blazepose": ("detector_weights",),
    "pare": ("pare_checkpoint", "smpl_file", "temporal_weights", "detector_weights"),
    "onnx": ("network_file", "smpl_file", "detector_weights"),
}


@dataclass(frozen=True)
class NetworkFiles:
    """Absolute paths from the preferences; None for what is not set.

    Attributes:
        pare_checkpoint: PARE's weights.
        smpl_file: SMPL's body; also the mesh of motions that were made with it.
        temporal_weights: the motion prior that was trained for PARE.
        network_file: the description of the user's own ONNX network.
        detector_weights: YOLO's weights.
    """

    pare_checkpoint: Path | None = None
    smpl_file: Path | None = None
    temporal_weights: Path | None = None
    network_file: Path | None = None
    detector_weights: Path | None = None


def file_exists(path: Path) -> bool:
    """Return whether a file is there and can be seen, also where asking for it fails."""
    try:
        return path.is_file()
    except OSError:
        # A folder that may not be read, or a name too long for the disk.
        return False


def used_files(backbone: Backbone, files: NetworkFiles) -> NetworkFiles:
    """Return the files that a backbone uses, without the others."""
    return NetworkFiles(**{name: getattr(files, name) for name in USED_FILES[backbone]})


def check_files(backbone: Backbone, files: NetworkFiles, environment: Mapping[str, str] = os.environ) -> None:
    """Check that a backbone has what it needs, and that what it uses exists.

    Raises:
        OptionError: a needed file is not set, or a used one does not exist.
    """
    if backbone == "pare" and files.pare_checkpoint is None and not environment.get(CHECKPOINT_VARIABLE):
        raise OptionError(
            "The backbone PARE needs your copy of PARE's weights, and none is set.",
            f"Set {LABELS['pare_checkpoint']} in the add-on's preferences.",
        )
    if backbone == "onnx" and files.network_file is None:
        raise OptionError(
            "The backbone Own Network needs the file that describes your network, and none is set.",
            f"Set {LABELS['network_file']} in the add-on's preferences.",
        )
    for name, path in dataclasses.asdict(used_files(backbone, files)).items():
        if path is not None and not file_exists(path):
            raise OptionError(
                f"The file {path} does not exist.", f"Correct or clear {LABELS[name]} in the add-on's preferences."
            )
