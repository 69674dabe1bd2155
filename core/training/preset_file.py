"""Overrides of a typed preset in a TOML file, checked field by field against the dataclass."""

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

from ..errors import OptionError

Base = TypeVar("Base")
PRESET_ENTRY: Final = "preset"


def read_overrides(path: Path, presets: Mapping[str, Base]) -> Base:
    """Return the preset that a file names in its entry `preset`, with the fields that the file gives.

    Raises:
        OptionError: the file is missing or no TOML, names no preset, or has an unknown field or an unfit value.
    """
    known = ", ".join(presets)
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = f"The presets are {known}; anything else is taken as the path of a TOML file."
        raise OptionError(f"The configuration {path} does not exist.", hint) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f"{path} cannot be read as TOML: {error}.") from error
    name = entries.pop(PRESET_ENTRY, None)
    if name not in presets:
        raise OptionError(f'{path} must name the preset it changes: preset = "…", one of {known}.')
    return override(presets[name], entries, str(path))


def override(preset: Base, entries: Mapping[str, Any], place: str) -> Base:
    """Return a dataclass with some fields changed; nested dataclasses take tables.

    Args:
        place: where the entries come from, for error sentences.
    Raises:
        OptionError: an unknown field, or a value that does not fit its type.
    """
    hints = get_type_hints(type(preset))
    if unknown := sorted(entries.keys() - hints.keys()):
        raise OptionError(f"{place} has unknown entries: {', '.join(unknown)}; known are {', '.join(sorted(hints))}.")
    changes = {}
    for name, value in entries.items():
        current = getattr(preset, name)
        if dataclasses.is_dataclass(current):
            if not isinstance(value, Mapping):
                raise OptionError(f"{place}: {name} must be a table, [{name}].")
            changes[name] = override(current, value, f"{place}, table [{name}],")
        else:
            changes[name] = _fit(value, hints[name], f"{place}: {name}")
    changed: Base = dataclasses.replace(preset, **changes)  # type: ignore[type-var]
    return changed


def _fit(value: Any, hint: Any, place: str) -> Any:
    """Return a value as its field's type has it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise OptionError(f"{place} is {value!r}; known are {', '.join(map(str, arguments))}.")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise OptionError(f"{place} is {value!r}; a list was expected.")
        return tuple(_fit(item, arguments[0], place) for item in value)
    # bool is a kind of int to Python, and 1 is a fine float to anyone.
    fits = type(value) is hint or (hint is float and type(value) is int)
    if not fits:
        raise OptionError(f"{place} is {value!r}; {_NAMES[hint]} was expected.")
    return hint(value)


_NAMES: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
