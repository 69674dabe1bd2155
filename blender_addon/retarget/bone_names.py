"""Bone names made comparable: side and the rest, whatever prefix, separators, capitals and spelling of the side."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

SIDES: Final = {
    "l": "left", "left": "left", "lft": "left", "lf": "left",
    "r": "right", "right": "right", "rgt": "right", "rt": "right",
}  # fmt: skip
_SIDE_LETTERS: Final = {"左": " left ", "右": " right "}
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")

PREFIX_SHARE: Final = 0.8
"""A word that so many of a rig's bones begin with says nothing about the bone."""


def name_words(name: str) -> tuple[str, ...]:
    """Return a bone name's words in lower case without name space; sides as `left` and `right`, numbers plain."""
    text = unicodedata.normalize("NFKC", name).rpartition(":")[2].rpartition("|")[2]
    for letter, word in _SIDE_LETTERS.items():
        text = text.replace(letter, word)
    words = [word.lower() for word in _WORDS.findall(text)]
    return tuple(SIDES.get(word, str(int(word)) if word.isdecimal() else word) for word in words)


def canonical(words: Iterable[str]) -> str:
    """Return words as one comparable text: the side first (none for the middle), then the others, no separators."""
    words = list(words)
    side = next((word for word in words if word in ("left", "right")), "")
    return f"{side} {''.join(word for word in words if word not in ('left', 'right', 'c'))}"


def common_prefix(all_words: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the words that nearly all of a rig's bones begin with, such as a character's name."""
    remaining = [words for words in all_words if words]
    total, prefix = len(remaining), ()  # type: tuple[int, tuple[str, ...]]
    while total > 1:
        word, count = Counter(words[len(prefix)] for words in remaining if len(words) > len(prefix)).most_common(1)[0]
        if count < PREFIX_SHARE * total or word in ("left", "right"):
            break
        prefix = (*prefix, word)
        remaining = [words for words in remaining if words[: len(prefix)] == prefix and len(words) > len(prefix)]
        if not remaining:
            break
    return prefix


def canonical_names(names: Iterable[str]) -> dict[str, set[str]]:
    """Return the bones by comparable name, of those with and those without the rig's common prefix."""
    words = {name: name_words(name) for name in names}
    prefix = common_prefix(words.values())
    found: dict[str, set[str]] = {}
    for name, own in words.items():
        found.setdefault(canonical(own), set()).add(name)
        if prefix and own[: len(prefix)] == prefix and len(own) > len(prefix):
            found.setdefault(canonical(own[len(prefix) :]), set()).add(name)
    return found
