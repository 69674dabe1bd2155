"""Where the files lie that the user alone can have: as named, or in their usual places below the folder `--data`.

The usual places are docs/data.md's for data sets and, for the rest, those of PARE's own archive unpacked into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import OptionError

EXTRA_REGRESSOR: Final = "J_regressor_extra.npy"
H36M_REGRESSOR: Final = "J_regressor_h36m.npy"
FEATURES_FOLDER: Final = "features"
_SMPL_PLACES: Final = ("SMPL_NEUTRAL.npz", "SMPL_NEUTRAL.pkl", "body_models/smpl/SMPL_NEUTRAL.pkl")
_CHECKPOINT_PLACES: Final = ("pare_checkpoint.ckpt", "pare/checkpoints/pare_checkpoint.ckpt")
"""The one without 3DPW in its training, as Table 1's protocol wants; `pare_w_3dpw_checkpoint.ckpt` must be named."""


@dataclass(frozen=True)
class PaperFiles:
    """What a run is made of.

    Attributes:
        cache: folder of the features' caches and of AMASS's motions.
        checkpoint: PARE's. None takes what the environment names.
        smpl: the neutral SMPL file.
        regressors: folder with J_regressor_extra.npy and J_regressor_h36m.npy.
        output: folder of checkpoints, weights, curves and tables; made if need be.
    """

    cache: Path
    checkpoint: Path | None
    smpl: Path
    regressors: Path
    output: Path


def find_paper_files(
    output: Path,
    data: Path | None = None,
    *,
    cache: Path | None = None,
    checkpoint: Path | None = None,
    smpl: Path | None = None,
    regressors: Path | None = None,
) -> PaperFiles:
    """Return the files as named, else in their usual places below `data`.

    Raises:
        OptionError: one is neither named nor in its place.
    """
    found_cache = find_cache(data, cache)
    found_smpl, found_regressors = find_body_files(data, smpl, regressors)
    return PaperFiles(found_cache, find_usual_checkpoint(data, checkpoint), found_smpl, found_regressors, output)


def find_body_files(data: Path | None, smpl: Path | None, regressors: Path | None) -> tuple[Path, Path]:
    """Return the neutral SMPL file and the folder of the joint regressors; OptionError as `find_paper_files`."""
    return (
        smpl or _find(data, _SMPL_PLACES, "smpl", "the neutral SMPL file"),
        regressors or _find(data, (EXTRA_REGRESSOR,), "regressors", "the joint regressors").parent,
    )


def find_cache(data: Path | None, cache: Path | None) -> Path:
    """Return the folder of the features; OptionError where neither is named."""
    if cache is None and data is None:
        raise OptionError(
            "The folder of the features is not named.", "Give --data ROOT (then ROOT/features), or --cache FOLDER."
        )
    return cache or Path(data or "") / FEATURES_FOLDER


def find_usual_checkpoint(data: Path | None, checkpoint: Path | None) -> Path | None:
    """Return PARE's checkpoint as named or in its usual place; None leaves it to the environment."""
    places = [data / place for place in _CHECKPOINT_PLACES] if data else []
    return checkpoint or next((place for place in places if place.is_file()), None)


def _find(data: Path | None, places: Sequence[str], option: str, what: str) -> Path:
    candidates = [data / place for place in places] if data else []
    found = next((place for place in candidates if place.is_file()), None)
    if found is None:
        looked = f" It was looked for at {' and '.join(map(str, candidates))}." if candidates else ""
        raise OptionError(f"This needs {what}.{looked}", f"Name it by --{option}.")
    return found
