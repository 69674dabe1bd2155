"""`python -m docs.pictures WORK HOME`: go the whole way in the Blender that answers in WORK, and say what to cut out.

Leaves a screenshot of each step in WORK, and the parts to keep as `boxes.json`.
"""

import json
import os
import sys
from pathlib import Path

from .path import WholePath
from .window import BlenderWindow, Box, WindowError


def main(work: Path, home: Path) -> int:
    """Go the way; return the exit code."""
    boxes: dict[str, Box | None] = {}
    window = BlenderWindow(work, dict(os.environ))

    def keep(name: str, box: Box | None) -> None:
        window.screenshot(name)
        boxes[name] = box
        print(f"  {name}", file=sys.stderr, flush=True)

    try:
        WholePath(window, home, keep).walk()
    except WindowError as error:
        window.screenshot("last")
        print(error, file=sys.stderr)
        return 1
    (work / "boxes.json").write_text(json.dumps(boxes), encoding="utf-8")
    return 0


sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
