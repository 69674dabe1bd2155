"""`python -m core train --config …`: the two ways to train, as typed presets. A TOML file overrides fields of one."""

from pathlib import Path
from typing import Final

from .open_preset import OpenPreset
from .paper_preset import PaperPreset
from .preset_file import read_overrides

DEFAULT_PRESET: Final = "open"

Preset = PaperPreset | OpenPreset
PRESETS: Final[dict[str, Preset]] = {"paper": PaperPreset(), "open": OpenPreset()}


def read_preset(config: str) -> Preset:
    """Return a preset by name, or one with the fields that a TOML file gives.

    Args:
        config: `paper`, `open`, or a file. Its entry `preset` says which preset it changes; tables stand for nested
            options, e.g. `[data]`.
    Raises:
        OptionError: no such preset or file, an unknown field, or a value of the wrong type; names it.
    """
    if config in PRESETS:
        return PRESETS[config]
    return read_overrides(Path(config), PRESETS)
