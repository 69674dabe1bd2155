"""Which features are complete: a record beside each part's features, written when its extraction came to the end.

Without it a run would train on half a data set without a word, or on sequences that another configuration left behind.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from ...errors import MotionDataError
from ...whole_file import whole_file
from ..datasets.feature_cache import CachedSequence, FeatureCache
from ..paper_preset import DataOptions

RECORD_NAME: Final = "complete.json"
_OPTIONS: Final = {
    "mpi_inf_3dhp/train": ("mpi_subjects", "mpi_cameras", "mpi_frame_rate_hz"),
    "mpi_inf_3dhp/test": ("mpi_test_recordings",),
    **dict.fromkeys(("instavariety/train", "3dpw/train", "3dpw/validation", "3dpw/test"), ("allow_partial",)),
}
"""Options that decide what a part consists of."""


def record_complete(cache: FeatureCache, part: str, options: DataOptions, names: Collection[str]) -> None:
    """Say that a part is complete, and of which sequences it consists."""
    content = {"options": _options_of(part, options), "names": sorted(names)}
    with whole_file(_path(cache, part)) as partial:
        partial.write_text(json.dumps(content), encoding="utf-8")


def forget_complete(cache: FeatureCache, part: str) -> None:
    """Say that a part is being extracted."""
    _path(cache, part).unlink(missing_ok=True)


def is_complete(cache: FeatureCache, part: str) -> bool:
    """Tell whether a part was extracted to the end, whatever the options were."""
    return _path(cache, part).is_file()


def load_part(cache: FeatureCache, part: str, options: DataOptions) -> list[CachedSequence]:
    """Return the sequences of a part such as `3dpw/test`.

    Raises:
        MotionDataError: it has no features, is not complete, was extracted with other options, or is damaged.
    """
    path = _path(cache, part)
    if not path.is_file():
        state = "is not complete" if path.parent.is_dir() else "does not exist"
        raise MotionDataError(
            f"{path.parent} {state}; the features of {part} were expected there.",
            "Run: python -m core extract-features.",
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        names, made_with = set(record["names"]), record["options"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MotionDataError(f"{path} is damaged.", "Run: python -m core extract-features.") from error
    _check_options(path.parent, made_with, _options_of(part, options))
    data_set, split = part.split("/")
    return [sequence for sequence in cache.load(data_set, split) if sequence.name in names]


def _check_options(folder: Path, made_with: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    differing = [name for name, value in wanted.items() if made_with.get(name) != value]
    if differing:
        changes = ", ".join(f"{name} {made_with.get(name)} instead of {wanted[name]}" for name in differing)
        raise MotionDataError(
            f"The features in {folder} were extracted with {changes}.", "Run extract-features with this configuration."
        )


def _path(cache: FeatureCache, part: str) -> Path:
    return cache.folder / part / RECORD_NAME


def _options_of(part: str, options: DataOptions) -> dict[str, Any]:
    """Return the part's options as JSON has them."""
    values = {name: getattr(options, name) for name in _OPTIONS.get(part, ())}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
