"""Which SMPL model a shape belongs to: betas of one gender's model mean another body on another's."""

from pathlib import Path
from typing import Any, Final

from ...errors import MotionDataError
from .sequence import Gender

_NAMES: Final[dict[str, Gender]] = {
    "m": "male", "male": "male", "f": "female", "female": "female", "n": "neutral", "neutral": "neutral",
}  # fmt: skip


def read_gender(value: Any, path: Path) -> Gender:
    """Return the gender that a file states, as text, bytes or a 0-d array of either.

    Raises:
        MotionDataError: no such gender.
    """
    item = value.item() if hasattr(value, "item") else value
    text = item.decode("latin-1") if isinstance(item, bytes) else str(item)
    # Old AMASS files hold the text of a Python bytes object.
    name = text.removeprefix("b").strip("'\" ").lower()
    if name not in _NAMES:
        raise MotionDataError(f"{path} states the gender {text!r}; male, female or neutral was expected there.")
    return _NAMES[name]


def require_gender(found: str, wanted: str, path: Path, purpose: str) -> None:
    """Refuse an SMPL file of another gender than the labels need.

    Args:
        found: of the body file.
        wanted: of the labels.
        path: of the body file.
        purpose: who needs it, as `3DPW's protocol`.
    Raises:
        MotionDataError: they differ.
    """
    if found != wanted:
        raise MotionDataError(f"{path} is a {found} SMPL model, but {purpose} needs the {wanted} one.")
