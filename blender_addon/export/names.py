"""Lends the names of the user's data-blocks to copies of them: a file should hold `walk`, not `walk.001`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy


@contextmanager
def borrowed_names(pairs: list[tuple[Any, Any]], other_names: dict[Any, str]) -> Iterator[None]:
    """Give each copy its original's name, and afterwards the originals their own again.

    Args:
        pairs: (original, copy) data-blocks.
        other_names: names for copies that get another than their original's.
    """
    wanted = [(copy, other_names.get(copy, original.name)) for original, copy in pairs]
    copies = [copy for _, copy in pairs]
    lenders: list[tuple[Any, str]] = []
    try:
        for copy, name in wanted:
            owner = _owner(copy, name)
            # Objects that share their data have copies that do not: the first of them has the name.
            if owner is not None and owner not in copies:
                lenders.append((owner, name))
                owner.name = "jointwise_lends_its_name"
            copy.name = name
        yield
    finally:
        for copy, _ in wanted:
            copy.name = "jointwise_copy"
        for owner, name in lenders:
            owner.name = name


def _owner(copy: Any, name: str) -> Any:
    """Return the local data-block of the copy's kind with a name, or None."""
    kinds = {"OBJECT": bpy.data.objects, "MESH": bpy.data.meshes, "ARMATURE": bpy.data.armatures}
    return next((item for item in kinds[copy.id_type] if item.name == name and item.library is None), None)
