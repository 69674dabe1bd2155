"""Committed weights (safetensors), loaded strictly; used by the torch engine, the conversions and the training.

Needs the `safetensors` package when called; the ONNX engine never comes here.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import EngineError, WeightsError

ASSETS: Final = Path(__file__).parent.parent / "assets"
"""Folder of the committed weights: `<network name>.safetensors`."""

_MAX_NAMED_KEYS: Final = 5


def weights_path(name: str) -> Path:
    """Return where the committed weights of a network lie."""
    return ASSETS / f"{name}.safetensors"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_weights(path: Path, expected_shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a safetensors file, in the precision they are stored.

    Args:
        path: the file.
        expected_shapes: every key that must be there, with its shape; no other key may be.

    Raises:
        WeightsError: the file is missing or damaged, or a key is missing, surplus, or of another shape.
        EngineError: the safetensors package is not installed.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError:
        raise EngineError(
            "Reading the committed weights needs the safetensors package.", "Install it, or use the ONNX engine."
        ) from None
    if not path.is_file():
        raise WeightsError(f"The weights {path} are missing.", "Install Jointwise again.")
    try:
        weights: dict[str, NDArray[np.generic]] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"The weights {path} cannot be read: {error}.") from None
    check_shapes(path.name, {key: value.shape for key, value in weights.items()}, expected_shapes)
    return weights


def check_shapes(source: str, found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raise WeightsError, naming the keys at fault, unless both hold the same keys with the same shapes."""
    faults = []
    if missing := sorted(expected.keys() - found.keys()):
        faults.append(f"missing {_name_keys(missing)}")
    if surplus := sorted(found.keys() - expected.keys()):
        faults.append(f"not expected {_name_keys(surplus)}")
    wrong = [
        f"{key} {tuple(found[key])} instead of {tuple(expected[key])}"
        for key in sorted(expected.keys() & found.keys())
        if tuple(found[key]) != tuple(expected[key])
    ]
    if wrong:
        faults.append(f"wrong shape {_name_keys(wrong)}")
    if faults:
        raise WeightsError(f"The weights {source} do not fit the network: {'; '.join(faults)}.")


def _name_keys(keys: list[str]) -> str:
    more = len(keys) - _MAX_NAMED_KEYS
    return ", ".join(keys[:_MAX_NAMED_KEYS]) + (f" and {more} more" if more > 0 else "")
