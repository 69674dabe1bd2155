"""Which bone of a rig stands for which joint: the known rigs (`bone_maps.tsv`) and the users' own preset files."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from ...core.errors import OptionError
from ...core.whole_file import whole_file
from .joints import JOINTS

TABLE: Final = Path(__file__).with_name("bone_maps.tsv")
"""Columns: rig, joint, bone, and for controls the bone whose head is the joint. Where two rigs fit alike, the earlier
one is taken: controls before the bones that they move, five spine bones before three."""

FILE_FORMAT: Final = "jointwise bone map 1"


@dataclass(frozen=True)
class BoneMap:
    """Bones by joint.

    Attributes:
        rig: what the map is called.
        bones: the bone that carries each joint's rotation.
        also: further bones that turn as the joint does.
        points: the bone whose head is the joint's place, for controls that sit elsewhere.
    """

    rig: str
    bones: Mapping[str, str]
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    points: Mapping[str, str] = field(default_factory=dict)

    def with_bones(self, bones: Mapping[str, str]) -> "BoneMap":
        """Return a map with other bones; what belongs to a joint whose bone changed is left out."""
        kept = {joint for joint, bone in bones.items() if self.bones.get(joint) == bone}
        return replace(
            self,
            bones=dict(bones),
            also={joint: names for joint, names in self.also.items() if joint in kept},
            points={joint: name for joint, name in self.points.items() if joint in kept},
        )


@cache
def known_maps() -> tuple[BoneMap, ...]:
    """Return the maps of the table in its order; rigs with the same bones are one map with all their names."""
    found: dict[str, BoneMap] = {}
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            entry = found.setdefault(row["rig"], BoneMap(row["rig"], {}, {}, {}))
            found[row["rig"]] = _with_row(entry, row)
    merged: dict[tuple[tuple[str, str], ...], BoneMap] = {}
    for entry in found.values():
        key = tuple(sorted(entry.bones.items()))
        same = merged.get(key)
        merged[key] = replace(same, rig=f"{same.rig}, {entry.rig}") if same else entry
    return tuple(merged.values())


def _with_row(entry: BoneMap, row: dict[str, str]) -> BoneMap:
    joint, bone, point = row["joint"], row["bone"], row["point"]
    if joint in entry.bones:
        return replace(entry, also={**entry.also, joint: (*entry.also.get(joint, ()), bone)})
    points = {**entry.points, joint: point} if point else entry.points
    return replace(entry, bones={**entry.bones, joint: bone}, points=points)


def save_bone_map(bone_map: BoneMap, path: Path) -> None:
    """Write a map as a preset file, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    contents = {"format": FILE_FORMAT, **map_to_contents(bone_map)}
    with whole_file(path) as partial:
        partial.write_text(json.dumps(contents, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def map_to_contents(bone_map: BoneMap) -> dict[str, Any]:
    """Return a map as plain tables, for a file or a property."""
    return {
        "rig": bone_map.rig,
        "bones": dict(bone_map.bones),
        "also": {joint: list(names) for joint, names in bone_map.also.items()},
        "points": dict(bone_map.points),
    }


def map_title(text: str) -> str:
    """Return the name of a map that is kept as text; empty for none."""
    return str(json.loads(text)["rig"]) if text else ""


def load_bone_map(path: Path) -> BoneMap:
    """Read a preset file.

    Raises:
        OptionError: there is no such file, or it is not a preset of ours.
    """
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"The mapping {path} cannot be read ({error.strerror}).", "Choose another file.") from error
    except (ValueError, RecursionError) as error:
        raise _not_a_preset(path, "it is not JSON text") from error
    if not isinstance(contents, dict) or contents.get("format") != FILE_FORMAT:
        raise _not_a_preset(path, f'its "format" is not "{FILE_FORMAT}"')
    try:
        bone_map = map_from_contents(contents)
    except ValueError as error:
        raise _not_a_preset(path, str(error)) from error
    if not bone_map.bones:
        raise _not_a_preset(path, '"bones" is empty')
    return bone_map


def map_from_contents(contents: dict[str, Any]) -> BoneMap:
    """Return the map of plain tables.

    Raises:
        ValueError: they are no map; says why.
    """
    sections = {name: contents.get(name, {}) for name in ("bones", "also", "points")}
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise ValueError(f'"{name}" is not a table')
        unknown = sorted(set(section) - set(JOINTS))
        if unknown:
            raise ValueError(f'"{name}" names {unknown[0]}, which is no joint')
    also = {joint: _texts(names, joint) for joint, names in sections["also"].items()}
    bones = {joint: _texts([name], joint)[0] for joint, name in sections["bones"].items()}
    points = {joint: _texts([name], joint)[0] for joint, name in sections["points"].items()}
    rig = str(contents.get("rig", "Own mapping"))
    _check_text(rig)
    return BoneMap(rig, bones, also, points)


def _texts(names: Any, joint: str) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"the bone of {joint} is not a name")
    for name in names:
        _check_text(name)
    return tuple(names)


def _check_text(text: str) -> None:
    """Raise ValueError for what JSON can say and no file or bone can be called: half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a name in it is not valid text") from None


def _not_a_preset(path: Path, reason: str) -> OptionError:
    return OptionError(f"{path.name} is not a mapping saved here: {reason}.", "Choose a file that Save Mapping wrote.")
