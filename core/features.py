"""`python -m core features`: what a backbone computes on ready-made crops, for comparing with other implementations."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .array_archive import ArchiveError, read_arrays
from .errors import OptionError, OutputError
from .pare_backbone import load_pare_network, run_on_crops
from .pare_crops import CROP_SIDE
from .settings import Device
from .whole_file import whole_file

OUTPUTS: Final = ("pose_features", "camera_shape_features", "rot6d", "weak_camera", "betas")
PART_MAPS: Final = "part_attention"


def extract_features(
    crops_path: Path,
    backbone: str,
    checkpoint: Path | None,
    output: Path,
    device: Device = "auto",
    settings_path: Path | None = None,
    with_part_maps: bool = False,
) -> None:
    """Write the backbone's outputs for crops.

    Args:
        crops_path: npz with `crops` (N, 224, 224, 3) uint8 RGB.
        backbone: `pare`.
        checkpoint: PARE's weights; None takes what the environment names.
        output: npz with `pose_features` (N, 24, 128), `camera_shape_features` (N, 24, 64), `rot6d` (N, 24, 6)
            interleaved, `weak_camera` (N, 3), `betas` (N, 10), float32.
        settings_path: PARE's yaml file, where it does not lie beside the checkpoint.
        with_part_maps: write `part_attention` (N, 24, 56, 56), the logits, too.

    Raises:
        OptionError: the crops cannot be used, or the backbone does not look at crops.
        WeightsError, EngineError, OutputError: see `load_pare_network` and `whole_file`.
    """
    if backbone != "pare":
        raise OptionError(f"The backbone {backbone} does not look at crops.", "Use --backbone pare.")
    if output.suffix.lower() != ".npz":
        raise OptionError(f"The output {output.name} must end in .npz.")
    if not output.parent.is_dir():
        raise OutputError(f"The folder {output.parent} does not exist.", "Make it first, or choose another one.")
    crops = read_crops(crops_path)
    names = (*OUTPUTS, PART_MAPS) if with_part_maps else OUTPUTS
    outputs = run_on_crops(load_pare_network(checkpoint, device, settings_path=settings_path), crops, names)
    with whole_file(output) as partial, partial.open("wb") as file:
        np.savez(file, **outputs)  # type: ignore[arg-type]


def read_crops(path: Path) -> NDArray[np.uint8]:
    """Return the crops (N, 224, 224, 3) of a file.

    Raises:
        OptionError: missing, not an npz file, or no such crops in it.
    """
    try:
        crops = read_arrays(path, ("crops",))["crops"]
    except FileNotFoundError:
        raise OptionError(f"The file {path} does not exist.", "Check the path.") from None
    except KeyError:
        raise OptionError(f"{path} has no array called crops.") from None
    except (ArchiveError, OSError) as error:
        raise OptionError(f"{path} is not an npz file with crops, or it is damaged.") from error
    expected = (CROP_SIDE, CROP_SIDE, 3)
    if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[1:] != expected or not len(crops):
        raise OptionError(
            f"The crops in {path} are {crops.dtype} {crops.shape}.", "They must be uint8 (N, 224, 224, 3), RGB."
        )
    return np.asarray(crops, np.uint8)
