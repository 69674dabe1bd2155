"""Reads a table of a TOML file entry by entry, so that every mistake becomes one sentence that names it.

Standard library only.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, Self, TypeVar

from .errors import OptionError, reason_of

LARGEST_NUMBER: Final = 10**300

Choice = TypeVar("Choice", bound=str)


class TomlTable:
    """One table of a file, the file itself where `name` is empty.

    Note: call `check_all_read` at the end, so that a misspelt entry is not passed over.
    """

    def __init__(self, path: Path, entries: Mapping[str, Any], name: str = "", hint: str = "") -> None:
        self.path = path
        self._entries, self._name, self._hint = entries, name, hint
        self._known: set[str] = set()

    @classmethod
    def open(cls, path: Path, hint: str = "") -> Self:
        """Return the whole file; OptionError when it is missing or not TOML."""
        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8")), hint=hint)
        except FileNotFoundError:
            raise OptionError(f"The file {path} does not exist.", "Check the path.") from None
        except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
            raise OptionError(f"{path} cannot be read as TOML: {reason_of(error)}.", hint) from error

    def fail(self, phrase: str) -> NoReturn:
        """Raise OptionError about this table."""
        place = f"The table [{self._name}] of {self.path}" if self._name else f"The file {self.path}"
        raise OptionError(f"{place} {phrase}.", self._hint)

    def has(self, key: str) -> bool:
        """Tell whether the entry is there."""
        return key in self._entries

    def table(self, key: str) -> "TomlTable":
        """Return the table of this name, empty where there is none."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            self.fail(f"needs a table called [{key}]")
        return TomlTable(self.path, value, f"{self._name}.{key}".lstrip("."), self._hint)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty; the default where there is no such entry."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value and default is None):
            self.fail(f"needs a text for {key}, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        value = self._take(key, None)
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not values or not all(isinstance(entry, str) and entry for entry in values):
            self.fail(f"needs a text, or a list of texts, for {key}, not {value!r}")
        return tuple(values)

    def choice(self, key: str, choices: Sequence[Choice], default: Choice | None = None) -> Choice:
        """Return one of the choices."""
        value = self._take(key, default)
        if value not in choices:
            self.fail(f"has {value!r} for {key}; known are {', '.join(choices)}")
        return choices[choices.index(value)]

    def number(self, key: str, lowest: float, highest: float, default: float | None = None) -> float:
        """Return a finite number within bounds."""
        value = self._take(key, default)
        if not _is_number(value) or not lowest <= value <= highest:
            self.fail(f"needs a number from {lowest:g} to {highest:g} for {key}, not {value!r}")
        return float(value)

    def numbers(self, key: str, count: int, default: Sequence[float] | None = None) -> tuple[float, ...]:
        """Return a list of so many finite numbers."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple) or len(value) != count or not all(map(_is_number, value)):
            self.fail(f"needs a list of {count} numbers for {key}, not {value!r}")
        return tuple(float(entry) for entry in value)

    def check_all_read(self) -> None:
        """Raise OptionError when there are entries that nobody asked for."""
        if unknown := sorted(self._entries.keys() - self._known):
            self.fail(f"has unknown entries: {', '.join(unknown)}; known are {', '.join(sorted(self._known))}")

    def _take(self, key: str, default: Any) -> Any:
        self._known.add(key)
        if key not in self._entries and default is None:
            self.fail(f"lacks the entry {key}")
        return self._entries.get(key, default)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # A whole number may be larger than any float.
    return abs(value) < LARGEST_NUMBER if isinstance(value, int) else math.isfinite(value)
